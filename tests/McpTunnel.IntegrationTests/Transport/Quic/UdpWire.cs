using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace McpTunnel.IntegrationTests.Transport.Quic;

/// <summary>
/// The network between a client and an edge: passes datagrams on, each client's from a port of its own, until it is cut. A cut wire drops everything without a
/// word, in both directions.
/// </summary>
internal sealed class UdpWire : IAsyncDisposable
{
    /// <summary>More than QUIC puts in a datagram, whose packets are for networks of 1,500 bytes. A socket keeps its last buffer, and there may be thousands.</summary>
    private const int LargestDatagram = 2048;

    private readonly EndPoint _edge;
    private readonly Socket _towardsClients = NewSocket();
    private readonly ConcurrentDictionary<EndPoint, Way> _ways = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _pump;
    private volatile bool _isDeaf;

    public UdpWire(EndPoint edge)
    {
        _edge = edge;
        _pump = PumpAsync();
    }

    /// <summary>What clients dial.</summary>
    public EndPoint EndPoint => _towardsClients.LocalEndPoint!;

    /// <summary>Drops everything from now on.</summary>
    public void Cut()
    {
        CutNew = true;
        CutAllSoFar();
    }

    /// <summary>Drops what the edge sends from now on, while what the clients send goes on to arrive.</summary>
    public void CutTowardsClients() => _isDeaf = true;

    /// <summary>Drops everything of the clients seen so far; new ones pass.</summary>
    public void CutAllSoFar()
    {
        foreach (var way in _ways.Values)
        {
            way.Cut();
        }
    }

    private bool CutNew { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _pump;
        _towardsClients.Dispose();
        foreach (var way in _ways.Values)
        {
            way.Socket.Dispose();
        }

        _stopping.Dispose();
    }

    private static Socket NewSocket()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private async Task PumpAsync()
    {
        var buffer = new byte[LargestDatagram];
        try
        {
            while (true)
            {
                var received = await _towardsClients.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stopping.Token);
                var way = _ways.GetOrAdd(received.RemoteEndPoint, NewWay);
                if (way.IsCut && !CutNew && IsInitial(buffer[0]))
                {
                    // A port that is used again, by a client that was not seen so far.
                    way.Socket.Dispose();
                    way = _ways[received.RemoteEndPoint] = NewWay(received.RemoteEndPoint);
                }

                if (!way.IsCut)
                {
                    await way.Socket.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), _edge, _stopping.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    /// <summary>Whether a datagram that begins so opens a connection (RFC 9000 section 17.2.2).</summary>
    private static bool IsInitial(byte first) => (first & 0xF0) == 0xC0;

    private Way NewWay(EndPoint client)
    {
        var way = new Way(NewSocket());
        if (CutNew)
        {
            way.Cut();
        }

        _ = PumpBackAsync(way, client);
        return way;
    }

    private async Task PumpBackAsync(Way way, EndPoint client)
    {
        var buffer = new byte[LargestDatagram];
        try
        {
            while (true)
            {
                var received = await way.Socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), way.WhenCut);
                if (!_isDeaf)
                {
                    await _towardsClients.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), client, _stopping.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut, or the test is over. What still comes is dropped by the kernel, since nobody reads it.
        }
    }

    private sealed class Way(Socket socket)
    {
        private readonly CancellationTokenSource _cut = new();

        public Socket Socket { get; } = socket;

        public CancellationToken WhenCut => _cut.Token;

        public bool IsCut => _cut.IsCancellationRequested;

        public void Cut() => _cut.Cancel();
    }
}
