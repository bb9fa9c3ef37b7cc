using McpTunnel.Protocol.Codes;

namespace McpTunnel.Protocol.ClientHello;

/// <summary>
/// Plaintext fatal TLS alerts, so that an agent's TLS library reports a reason instead of a closed connection. Thread-safe.
/// </summary>
public static class TlsAlert
{
    /// <summary>Bytes of an alert record: type, version, length, level, description.</summary>
    public const int RecordLength = 7;

    private static readonly ReadOnlyMemory<byte>[] Records = [.. Enumerable.Range(0, 256).Select(value => Record((byte)value))];

    /// <summary>The record to send, ready-made: nothing is allocated.</summary>
    public static ReadOnlyMemory<byte> Fatal(TlsAlertDescription description) => Records[(byte)description];

    /// <summary>
    /// The alert for a refusal at the edge's port; empty where none would be understood
    /// (<see cref="TunnelCode.NotTls"/>), and where the connection should simply close.
    /// </summary>
    public static ReadOnlyMemory<byte> For(TunnelCode code) => code switch
    {
        TunnelCode.NotTls => default,
        TunnelCode.NoServerName or TunnelCode.UnknownName => Fatal(TlsAlertDescription.UnrecognizedName),
        TunnelCode.ClientHelloMalformed => Fatal(TlsAlertDescription.DecodeError),
        TunnelCode.ClientHelloTooLarge => Fatal(TlsAlertDescription.HandshakeFailure),
        TunnelCode.ClientHelloTimeout => Fatal(TlsAlertDescription.UserCanceled),
        _ => Fatal(TlsAlertDescription.InternalError),
    };

    // 0x0303 is what every client that speaks TLS 1.2 or 1.3 accepts before a version is agreed on.
    private static ReadOnlyMemory<byte> Record(byte description) => new byte[] { 21, 3, 3, 0, 2, 2, description };
}
