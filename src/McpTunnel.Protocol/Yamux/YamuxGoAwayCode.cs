namespace McpTunnel.Protocol.Yamux;

/// <summary>The code of a GOAWAY frame (yamux specification, "Go Away").</summary>
public enum YamuxGoAwayCode : uint
{
    Normal = 0,
    ProtocolError = 1,
    InternalError = 2,
}
