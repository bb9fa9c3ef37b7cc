using System.Net.Sockets;

namespace McpTunnel.Transport.Tls;

/// <summary>What both ends of the tls carrier agree on.</summary>
public static class TlsCarrier
{
    /// <summary>The request path of a link.</summary>
    public const string Path = "/v1/link";

    /// <summary>The protocol named in <c>Upgrade</c> (RFC 9110, section 7.8).</summary>
    public const string UpgradeToken = "mcp-tunnel/1";

    // Linux: TCP_USER_TIMEOUT of tcp(7).
    private const int TcpUserTimeout = 18;

    /// <summary>
    /// Prepares a link's socket: no Nagle (small frames are gathered by us), and the kernel gives up on unacknowledged data after the same time as
    /// our liveness does, where the platform can say so.
    /// </summary>
    internal static void Prepare(Socket socket, TimeSpan deadAfter)
    {
        socket.NoDelay = true;
        if (OperatingSystem.IsLinux())
        {
            Span<byte> milliseconds = stackalloc byte[sizeof(int)];
            BitConverter.TryWriteBytes(milliseconds, (int)deadAfter.TotalMilliseconds);
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpUserTimeout, milliseconds);
        }
    }
}
