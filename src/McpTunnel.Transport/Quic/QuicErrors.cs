using System.Net.Sockets;
using System.Security.Authentication;

namespace McpTunnel.Transport.Quic;

/// <summary>Errors that the runtime throws from connections and streams, and what they mean for a link.</summary>
internal static class QuicErrors
{
    /// <summary>The alert <c>user_canceled</c> (RFC 8446 section 6.1) as the framework writes it.</summary>
    private const string EndedByUser = "'UserCanceled'";

    /// <summary>Whether it says that a connection or a stream is over, rather than a mistake of ours.</summary>
    public static bool IsFailure(Exception e) =>
        e is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException or SocketException or AuthenticationException;

    public static string Explain(Exception error) => error is not AuthenticationException ? error.Message
        : error.Message.Contains(EndedByUser, StringComparison.Ordinal)
            ? $"{error.Message} The edge ended the handshake before it was over: its process is stopping, or another one is about to take its place. It says nothing about certificates."
        : $"{error.Message} The other side did not accept the certificate it was shown. If that is the link certificate, 'mcptunnel client enroll' makes a new one.";
}
