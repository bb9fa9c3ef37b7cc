using System.Net.Quic;

namespace McpTunnel.Transport.Quic;

/// <summary>Says of QUIC's errors what they mean for a link.</summary>
internal static class QuicErrors
{
    // RFC 9001 section 4.8: a TLS alert is carried as 0x100 and the alert's number.
    private const long FirstAlert = 0x100;
    private const long LastAlert = 0x1ff;

    /// <summary>The TLS alert that ended the connection; null when it was none.</summary>
    public static long? AlertOf(QuicException error) =>
        error.TransportErrorCode is >= FirstAlert and <= LastAlert and var code ? code - FirstAlert : null;

    public static string Explain(QuicException error) => AlertOf(error) is { } alert
        ? $"TLS alert {alert}. The other side did not accept this side's certificate, or its settings."
        : error.Message;
}
