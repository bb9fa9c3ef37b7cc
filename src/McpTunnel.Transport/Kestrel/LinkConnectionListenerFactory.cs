using System.Net;
using System.Threading.Channels;
using McpTunnel.Transport.Logging;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Transport.Kestrel;

/// <summary>
/// Lets Kestrel listen on links: every stream of every attached link becomes one connection of the server that is bound to a <see cref="LinkEndPoint"/>.
/// One factory serves one such end point. Register it beside the socket transport; Kestrel asks each which end points it can bind.
/// </summary>
/// <param name="serves">Whether the name in an agent's TLS handshake is served here; others are answered with the TLS alert <c>unrecognized_name</c>.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Where events 1001 to 1009 go, and 1020 when an agent or an edge causes too many of them.</param>
/// <param name="limits">How many connections all links together bring; <see cref="ConnectionLimits.None"/> when null.</param>
public sealed class LinkConnectionListenerFactory(Func<string, bool> serves, TimeProvider time, ILoggerFactory loggers, ConnectionLimits? limits = null)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>The names of agents are made up as easily as the streams that bring them, so that all of an event share its lines.</summary>
    private static readonly LineRule[] Rules = [new(1001, Subject: null, LineBudget.PerSubject), new(1003, Subject: null, LineBudget.PerSubject), new(1004, Subject: null, LineBudget.PerSubject)];

    // Bounded by the limits on connections, or by the links' own stream limits.
    private readonly Channel<ConnectionContext> _connections = Channel.CreateUnbounded<ConnectionContext>();
    private readonly StreamAcceptor _acceptor = new(serves, new ConnectionSeats(limits ?? ConnectionLimits.None), time, new BoundedLoggerFactory(loggers, Rules, time).CreateLogger<LinkConnectionListenerFactory>());

    public bool CanBind(EndPoint endpoint) => endpoint is LinkEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(new LinkConnectionListener(endpoint, _connections));

    /// <summary>Serves the link's streams until it closes. Returns at once.</summary>
    public void Attach(ILink link) => _ = Task.Run(() => _acceptor.RunAsync(link, _connections.Writer));
}
