namespace McpTunnel.Protocol.Yamux;

/// <summary>The type byte of a yamux header (yamux specification, "Type Field").</summary>
public enum YamuxFrameType : byte
{
    Data = 0,
    WindowUpdate = 1,
    Ping = 2,
    GoAway = 3,
}
