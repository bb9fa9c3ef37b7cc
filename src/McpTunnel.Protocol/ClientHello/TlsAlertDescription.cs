namespace McpTunnel.Protocol.ClientHello;

/// <summary>The alerts an edge can send before, and without, ending TLS (RFC 8446 section 6, RFC 6066 section 3).</summary>
public enum TlsAlertDescription : byte
{
    CloseNotify = 0,
    UnexpectedMessage = 10,
    RecordOverflow = 22,
    HandshakeFailure = 40,
    AccessDenied = 49,
    DecodeError = 50,
    ProtocolVersion = 70,
    InternalError = 80,
    UserCanceled = 90,
    UnrecognizedName = 112,
}
