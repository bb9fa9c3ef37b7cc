using System.Net;
using System.Net.Sockets;

namespace McpTunnel.Edge.Ingress;

/// <summary>Makes listening sockets.</summary>
internal static class IngressSocket
{
    // Accepted sockets inherit these: an agent that vanished without a word is noticed after four minutes, however quiet its stream may be.
    private const int KeepAliveSeconds = 120;
    private const int KeepAliveIntervalSeconds = 30;
    private const int KeepAliveProbes = 4;

    /// <summary>Binds and listens.</summary>
    /// <exception cref="EdgeStartException">The address cannot be used.</exception>
    public static Socket Listen(IPEndPoint endPoint, int backlog)
    {
        if (endPoint.Address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6)
        {
            endPoint = new IPEndPoint(IPAddress.Any, endPoint.Port);
        }

        Socket? socket = null;
        try
        {
            socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
            socket.Bind(endPoint);
            socket.Listen(backlog);
            return socket;
        }
        catch (SocketException exception)
        {
            socket?.Dispose();
            throw new EdgeStartException($"The edge cannot listen on {endPoint}: {Explain(exception)}", exception);
        }
    }

    /// <summary>
    /// Accepts what waits in the kernel's queue now, which is <paramref name="backlog"/> and one at most; whoever comes while this runs cannot keep it going.
    /// </summary>
    public static void TakeQueued(Socket listening, int backlog, Action<Socket> onAccepted)
    {
        try
        {
            for (var taken = 0; taken <= backlog && listening.Poll(TimeSpan.Zero, SelectMode.SelectRead); taken++)
            {
                onAccepted(listening.Accept());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Gone meanwhile, or stopped before: nothing that could still be served.
        }
    }

    private static string Explain(SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "another program has this port. Stop it, or name another port under 'listen'.",
        SocketError.AccessDenied => "ports below 1024 need a privilege. Give the program CAP_NET_BIND_SERVICE, or name another port under 'listen'.",
        SocketError.AddressNotAvailable => "this machine does not have that address. Name one of its own under 'listen', or [::] for all.",
        _ => $"{exception.Message}. Check 'listen'.",
    };
}
