using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace McpTunnel.Edge.Ingress.OwnNames;

/// <summary>Connections on their way from the ingress to Kestrel. Bounded: Kestrel takes them at once unless it is choking.</summary>
internal sealed class OwnNameQueue
{
    private const int Capacity = 1024;

    private readonly Channel<ConnectionContext> _connections = Channel.CreateBounded<ConnectionContext>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    /// <summary>False when Kestrel has stopped taking connections; the caller keeps this one.</summary>
    public bool TryHandOver(ConnectionContext connection) => _connections.Writer.TryWrite(connection);

    /// <summary>The next connection; null once the queue is closed and empty.</summary>
    public async ValueTask<ConnectionContext?> TakeAsync(CancellationToken cancellationToken)
    {
        while (await _connections.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_connections.Reader.TryRead(out var connection))
            {
                return connection;
            }
        }

        return null;
    }

    public void Close() => _connections.Writer.TryComplete();
}
