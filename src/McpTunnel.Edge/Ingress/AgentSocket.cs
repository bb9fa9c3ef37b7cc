using System.Net.Sockets;

namespace McpTunnel.Edge.Ingress;

/// <summary>
/// Operations on accepted sockets, all of which are in non-blocking mode: a try costs one system call and no machinery, and only
/// what would block is awaited.
/// </summary>
internal static class AgentSocket
{
    private static readonly LingerOption NoLinger = new(enable: true, seconds: 0);

    /// <summary>Receives what is there already: false when nothing is; zero bytes when the peer has finished sending.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public static bool TryReceive(Socket socket, Span<byte> buffer, out int received)
    {
        received = socket.Receive(buffer, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => true,
            SocketError.WouldBlock => false,
            _ => throw new SocketException((int)error),
        };
    }

    /// <summary>Sends all of <paramref name="bytes"/>, waiting only when the peer is slower than we are.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public static ValueTask SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        var sent = socket.Send(bytes.Span, SocketFlags.None, out var error);
        if (error is not (SocketError.Success or SocketError.WouldBlock))
        {
            return ValueTask.FromException(new SocketException((int)error));
        }

        return sent == bytes.Length ? ValueTask.CompletedTask : SendRestAsync(socket, bytes[sent..]);
    }

    /// <summary>
    /// Sends as much of <paramref name="pieces"/> as the connection takes now, in one system call; returns how much that was. At least one piece.
    /// </summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public static int TrySend(Socket socket, IList<ArraySegment<byte>> pieces)
    {
        var sent = socket.Send(pieces, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => sent,
            SocketError.WouldBlock => 0,
            _ => throw new SocketException((int)error),
        };
    }

    /// <summary>Whether the connection was reset or broke, even while bytes that came before are still unread.</summary>
    public static bool IsBroken(Socket socket)
    {
        try
        {
            return socket.Poll(0, SelectMode.SelectError);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Ends the peer's sending side of the connection in our direction.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public static void FinishSending(Socket socket) => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes with a TCP reset: the peer learns at once that this was no orderly end, and the kernel keeps nothing.</summary>
    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = NoLinger;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Broken or closed already: there is nobody to tell.
        }

        socket.Dispose();
    }

    private static async ValueTask SendRestAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None)..];
        }
    }
}
