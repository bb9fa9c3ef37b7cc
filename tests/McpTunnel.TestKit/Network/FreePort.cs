using System.Net;
using System.Net.Sockets;

namespace McpTunnel.TestKit.Network;

/// <summary>
/// Loopback ports for programs that cannot choose one and say so. They lie below those that the system gives to outgoing connections (RFC 6056, section 3.2), of which tests that run beside
/// each other make thousands: a port that was free a moment ago is still free when its program has started.
/// </summary>
public static class FreePort
{
    private const int First = 12_000;
    private const int Count = 20_000;

    /// <summary>Other test processes begin elsewhere.</summary>
    private static int _last = Random.Shared.Next(Count);

    /// <summary>A port of 127.0.0.1 that is free for TCP and UDP, and that this process has not handed out before.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _last) % Count);
            if (IsFree(port, SocketType.Stream, ProtocolType.Tcp) && IsFree(port, SocketType.Dgram, ProtocolType.Udp))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port, SocketType type, ProtocolType protocol)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, type, protocol);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
