using System.Net;
using Microsoft.AspNetCore.Connections;

namespace McpTunnel.Edge.Ingress.OwnNames;

internal sealed class OwnNameListener(EndPoint endPoint, OwnNameQueue queue) : IConnectionListener
{
    public EndPoint EndPoint { get; } = endPoint;

    public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => queue.TakeAsync(cancellationToken);

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        queue.Close();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        queue.Close();
        while (await queue.TakeAsync(CancellationToken.None) is { } connection)
        {
            connection.Abort();
            await connection.DisposeAsync();
        }
    }
}
