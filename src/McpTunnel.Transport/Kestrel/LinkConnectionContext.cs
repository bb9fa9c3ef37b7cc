using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using McpTunnel.Protocol.ProxyProtocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace McpTunnel.Transport.Kestrel;

/// <summary>One stream of a link as a Kestrel connection.</summary>
internal sealed class LinkConnectionContext : ConnectionContext,
    ITunnelConnectionFeature, IAdmissionFeature, IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature, IMemoryPoolFeature
{
    /// <summary>
    /// What is idle on a link that is being left is closed after so long. An agent that is about to send something on it would see its request fail; one that is
    /// busy is told by the next response instead.
    /// </summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(2);

    private readonly ILinkStream _stream;
    private readonly ConnectionSeats.Seat _seat;
    private readonly TimeProvider _time;
    private readonly CancellationTokenRegistration _whenDraining;
    private readonly AgentOutput _output;
    private volatile bool _disposed;
    private IDictionary<object, object?>? _items;

    /// <param name="stream">The stream, its preamble taken off.</param>
    /// <param name="preamble">What the edge said; with an authority.</param>
    /// <param name="seat">Its place among all connections; given back with the disposal.</param>
    /// <param name="time">The clock.</param>
    public LinkConnectionContext(ILinkStream stream, ProxyHeader preamble, ConnectionSeats.Seat seat, TimeProvider time)
    {
        _stream = stream;
        _seat = seat;
        _time = time;
        _output = new AgentOutput(stream.Output, seat);
        Transport = new Duplex(stream.Input, _output);
        AgentEndPoint = preamble.Source;
        RemoteEndPoint = preamble.Source;
        ServerName = preamble.Authority!;
        ConnectionId = preamble.UniqueId ?? "";
        EdgeNode = preamble.EdgeNode ?? "";
        AgentPlatform = preamble.AgentPlatform;

        // As with a socket, an agent that ends its half is gone: work for it stops.
        ConnectionClosed = stream.PeerClosed;
        var features = new FeatureCollection(8);
        features.Set<ITunnelConnectionFeature>(this);
        features.Set<IAdmissionFeature>(this);
        features.Set<IConnectionIdFeature>(this);
        features.Set<IConnectionTransportFeature>(this);
        features.Set<IConnectionItemsFeature>(this);
        features.Set<IConnectionLifetimeFeature>(this);
        features.Set<IConnectionEndPointFeature>(this);
        features.Set<IMemoryPoolFeature>(this);
        Features = features;
        _whenDraining = stream.Link.Draining.UnsafeRegister(static context => _ = ((LinkConnectionContext)context!).EndWhenIdleAsync(), this);
    }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; }

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override IDuplexPipe Transport { get; set; }

    public MemoryPool<byte> MemoryPool => BulkBlocks.Instance;

    public IPEndPoint? AgentEndPoint { get; }

    public string ServerName { get; }

    public string EdgeNode { get; }

    public string? AgentPlatform { get; }

    public bool IsDraining => _stream.Link.State != LinkState.Active;

    public ILinkStream Stream => _stream;

    public void LetIn() => _seat.LetIn();

    /// <summary>
    /// Kestrel aborts whenever an agent ends its half, also in order. A reset would then say that something broke; the disposal that follows ends the
    /// stream as well, unless a flush waits for an agent that takes nothing.
    /// </summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        if (!_stream.PeerClosed.IsCancellationRequested || _output.IsFlushing)
        {
            _stream.Abort();
        }
    }

    /// <summary>Ends what Kestrel has not ended, in order: bytes already written still reach the agent.</summary>
    public override async ValueTask DisposeAsync()
    {
        _disposed = true;
        await _whenDraining.DisposeAsync();
        await _stream.Output.CompleteAsync();
        await _stream.DisposeAsync();
        _seat.GiveBack();
        await base.DisposeAsync();
    }

    /// <summary>Asks Kestrel to take no further request on this connection: GOAWAY in HTTP/2, an end between two requests in HTTP/1.1.</summary>
    private async Task EndWhenIdleAsync()
    {
        await Task.Delay(IdleTime, _time);
        if (!_disposed)
        {
            Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
