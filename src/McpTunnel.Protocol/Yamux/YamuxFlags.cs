namespace McpTunnel.Protocol.Yamux;

/// <summary>The flag bits of a yamux header (yamux specification, "Flag Field").</summary>
[Flags]
public enum YamuxFlags : ushort
{
    None = 0,

    /// <summary>Starts a stream, or asks for a ping's answer.</summary>
    Syn = 1,

    /// <summary>Acknowledges a new stream, or answers a ping.</summary>
    Ack = 2,

    /// <summary>The sender sends no more data on this stream.</summary>
    Fin = 4,

    /// <summary>The stream is over at once, in both directions.</summary>
    Rst = 8,
}
