using System.Net;
using Microsoft.AspNetCore.Connections;

namespace McpTunnel.Edge.Ingress.OwnNames;

/// <summary>Lets Kestrel serve what the ingress hands over, beside the sockets that it binds itself.</summary>
internal sealed class OwnNameListenerFactory(OwnNameQueue queue) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is OwnNameEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new OwnNameListener(endpoint, queue));
}
