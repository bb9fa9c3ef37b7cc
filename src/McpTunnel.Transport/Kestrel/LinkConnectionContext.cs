using System.IO.Pipelines;
using System.Net;
using McpTunnel.Protocol.ProxyProtocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace McpTunnel.Transport.Kestrel;

/// <summary>One stream of a link as a Kestrel connection.</summary>
internal sealed class LinkConnectionContext : ConnectionContext,
    ITunnelConnectionFeature, IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature
{
    private readonly ILinkStream _stream;
    private IDictionary<object, object?>? _items;

    /// <param name="stream">The stream, its preamble taken off.</param>
    /// <param name="preamble">What the edge said; with an authority.</param>
    public LinkConnectionContext(ILinkStream stream, ProxyHeader preamble)
    {
        _stream = stream;
        Transport = stream;
        AgentEndPoint = preamble.Source;
        RemoteEndPoint = preamble.Source;
        ServerName = preamble.Authority!;
        ConnectionId = preamble.UniqueId ?? "";
        EdgeNode = preamble.EdgeNode ?? "";
        AgentPlatform = preamble.AgentPlatform;

        // As with a socket, an agent that ends its half is gone: work for it stops.
        ConnectionClosed = stream.PeerClosed;
        var features = new FeatureCollection(6);
        features.Set<ITunnelConnectionFeature>(this);
        features.Set<IConnectionIdFeature>(this);
        features.Set<IConnectionTransportFeature>(this);
        features.Set<IConnectionItemsFeature>(this);
        features.Set<IConnectionLifetimeFeature>(this);
        features.Set<IConnectionEndPointFeature>(this);
        Features = features;
    }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; }

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override IDuplexPipe Transport { get; set; }

    public IPEndPoint? AgentEndPoint { get; }

    public string ServerName { get; }

    public string EdgeNode { get; }

    public string? AgentPlatform { get; }

    public ILinkStream Stream => _stream;

    public override void Abort(ConnectionAbortedException abortReason) => _stream.Abort();

    /// <summary>Ends what Kestrel has not ended, in order: bytes already written still reach the agent.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _stream.Output.CompleteAsync();
        await _stream.DisposeAsync();
        await base.DisposeAsync();
    }
}
