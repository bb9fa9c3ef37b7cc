using System.Net;
using System.Net.Sockets;

namespace McpTunnel.IntegrationTests.Transport;

/// <summary>The network between one client and an edge over TCP. It can be made to take no more of what the edge sends, while what the client sends goes on to arrive.</summary>
internal sealed class TcpWire : IAsyncDisposable
{
    private const int Part = 64 * 1024;

    private readonly EndPoint _edge;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Socket _towardsEdge = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _deaf = new();
    private readonly Task _pumps;

    public TcpWire(EndPoint edge)
    {
        _edge = edge;
        _listener.Start();
        _pumps = PumpAsync();
    }

    /// <summary>What the client dials.</summary>
    public EndPoint EndPoint => _listener.LocalEndpoint;

    /// <summary>Takes nothing of the edge any more.</summary>
    public void StopTowardsClient() => _deaf.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _towardsEdge.Dispose();
        _listener.Dispose();
        await _pumps;
        _stopping.Dispose();
        _deaf.Dispose();
    }

    private async Task PumpAsync()
    {
        try
        {
            using var client = await _listener.AcceptSocketAsync(_stopping.Token);
            await _towardsEdge.ConnectAsync(_edge, _stopping.Token);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, _deaf.Token);
            await Task.WhenAll(PumpAsync(client, _towardsEdge, _stopping.Token), PumpAsync(_towardsEdge, client, either.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        var buffer = new byte[Part];
        try
        {
            while (await from.ReceiveAsync(buffer, cancellationToken) is > 0 and var count)
            {
                await to.SendAsync(buffer.AsMemory(0, count), cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One end is gone, or nothing more is taken.
        }
    }
}
