using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace McpTunnel.Transport.Kestrel;

/// <summary>Hands the streams that acceptors queued to Kestrel.</summary>
internal sealed class LinkConnectionListener(EndPoint endpoint, Channel<ConnectionContext> connections) : IConnectionListener
{
    public EndPoint EndPoint { get; } = endpoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await connections.Reader.WaitToReadAsync(cancellationToken))
        {
            if (connections.Reader.TryRead(out var connection))
            {
                return connection;
            }
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        connections.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        connections.Writer.TryComplete();
        while (connections.Reader.TryRead(out var connection))
        {
            await connection.DisposeAsync();
        }
    }
}
