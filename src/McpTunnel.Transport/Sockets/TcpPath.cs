using System.Net.Sockets;

namespace McpTunnel.Transport.Sockets;

/// <summary>What the kernel does for, and knows of, the way that a TCP connection's packets take. On Linux; elsewhere nothing is set, and nothing is known.</summary>
internal static class TcpPath
{
    // Of tcp(7). TCP_MAXSEG, TCP_INFO, and where struct tcp_info has the segments on their way.
    private const int MaximumSegment = 2;
    private const int Information = 11;
    private const int Unacknowledged = 24;

    /// <summary>1,280, the packet that every IPv6 network has to carry, without the headers of IPv6 and TCP.</summary>
    private const int SmallSegment = 1220;

    /// <summary>
    /// Keeps the packets of a connection, both ways, to what every network carries: where larger ones vanish without a word, a connection comes up and then stands still, and
    /// kernels find out late or never. The other side is told in the first packet, so this has to be set before <c>connect</c>. A kernel that refuses, as sandboxes do, is left alone: most
    /// networks carry what it sends.
    /// </summary>
    public static void KeepPacketsSmall(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, MaximumSegment, BitConverter.GetBytes(SmallSegment));
        }
        catch (SocketException)
        {
            // The dial goes on.
        }
    }

    /// <summary>Whether the other host has acknowledged everything that was sent: its kernel lives, and small packets reach it and come back.</summary>
    public static bool HasAcknowledgedAll(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            Span<byte> information = stackalloc byte[Unacknowledged + sizeof(uint)];
            return socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, Information, information) == information.Length && BitConverter.ToUInt32(information[Unacknowledged..]) == 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed meanwhile.
            return false;
        }
    }
}
