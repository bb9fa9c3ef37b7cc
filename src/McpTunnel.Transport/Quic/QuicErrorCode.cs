namespace McpTunnel.Transport.Quic;

/// <summary>Application error codes (RFC 9000 section 20.2) of links over QUIC; see docs/protocol.md.</summary>
internal enum QuicErrorCode : long
{
    /// <summary>The connection ends; why, the control stream has said.</summary>
    Closed = 0,

    /// <summary>A stream is over both ways, at once.</summary>
    StreamReset = 1,

    /// <summary>A stream is refused: more are waiting to be taken than were agreed.</summary>
    StreamRefused = 2,
}
