using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.Transport.Links;

/// <summary>A link after its handshake, the same over every carrier.</summary>
internal sealed class Link : ILink
{
    /// <summary>How long a leaving side waits for its last words to reach the carrier.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly ILinkConnection _connection;
    private readonly ControlChannel _control;
    private readonly LinkOptions _options;
    private readonly bool _isEdge;
    private readonly LinkLiveness _liveness;
    private readonly TaskCompletionSource<DrainNotice> _drainRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource? _welcomed;
    private readonly LateToken _leaving = new();
    private readonly DateTimeOffset _startedAt;
    private readonly long _started;
    private int _draining;

    public Link(
        ILinkConnection connection, ControlChannel control, Carrier carrier, LinkIdentity identity, LinkOptions options, bool isEdge, IReadOnlyList<string> servers)
    {
        _connection = connection;
        connection.Link = this;
        _control = control;
        _options = options;
        _isEdge = isEdge;
        _welcomed = isEdge ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null;
        _liveness = new LinkLiveness(connection, control, options);
        _startedAt = connection.Time.GetUtcNow();
        _started = connection.Time.GetTimestamp();
        Carrier = carrier;
        Identity = identity;
        Servers = servers;
    }

    public LinkIdentity Identity { get; }

    public Carrier Carrier { get; }

    public LinkSide Side => _isEdge ? LinkSide.Edge : LinkSide.Client;

    /// <summary>The tunnel's domain as the edge said it; known at the client's end.</summary>
    public string Domain { get; init; } = "";

    public IReadOnlyList<OtherNode> OtherNodes { get; init; } = [];

    public IReadOnlyList<string> Servers { get; private set; }

    public LinkState State =>
        Closed.IsCompleted ? LinkState.Closed : Volatile.Read(ref _draining) != 0 ? LinkState.Draining : LinkState.Active;

    public int StreamCount => Math.Max(0, _connection.StreamCount - 1);

    public TimeSpan? RoundTripTime => _liveness.RoundTripTime;

    public LinkVitals Vitals => new(
        _connection.BytesReceived + _connection.BytesSent,
        _connection.OldestWrite is not 0 and var since ? _connection.Time.GetElapsedTime(since) : TimeSpan.Zero,
        _liveness.Answers,
        _liveness.RoundTripTime,
        _liveness.Unanswered,
        Silence);

    public void MeasureRoundTrip() => _liveness.Measure();

    public TimeSpan Silence => _connection.Time.GetElapsedTime(_connection.LastReceived);

    public DateTimeOffset LastSeen => _startedAt + _connection.Time.GetElapsedTime(_started, _connection.LastReceived);

    public long BytesReceived => _connection.BytesReceived;

    public long BytesSent => _connection.BytesSent;

    public LinkStalls Stalls => _connection.Stalls;

    public Task<LinkClosure> Closed => _connection.Closed;

    public Task<DrainNotice> DrainRequested => _drainRequested.Task;

    public Task Welcomed => _welcomed?.Task ?? Task.CompletedTask;

    /// <summary>Tells the client that it has its link (edge side). Whatever else is said and opened, by whoever found the link meanwhile, comes after that.</summary>
    public async Task WelcomeAsync(WelcomeMessage welcome, CancellationToken cancellationToken)
    {
        try
        {
            await _control.SendAsync(welcome, cancellationToken);
        }
        catch
        {
            MarkDraining();
            throw;
        }
        finally
        {
            _welcomed!.SetResult();
        }
    }

    /// <summary>Begins to listen to the control stream and to watch over the peer.</summary>
    public void Start()
    {
        LinkLedger.Add(this);
        _liveness.Start();
        _ = Task.Run(ListenAsync);
        _ = CountClosureAsync();
    }

    public ILinkStream OpenStream()
    {
        if (!Welcomed.IsCompleted)
        {
            throw new LinkUnavailableException(TunnelCode.NoLink, $"Link {Identity.LinkId} is not up yet.");
        }

        if (State != LinkState.Active)
        {
            throw new LinkUnavailableException(TunnelCode.NoLink, $"Link {Identity.LinkId} is {State}.");
        }

        if (StreamCount >= _options.MaxStreams)
        {
            throw new LinkUnavailableException(TunnelCode.StreamLimit, $"Link {Identity.LinkId} has {_options.MaxStreams} streams, its limit.");
        }

        return _connection.TryOpen() ?? throw new LinkUnavailableException(TunnelCode.NoLink, $"Link {Identity.LinkId} takes no more streams.");
    }

    public ValueTask<ILinkStream?> AcceptStreamAsync(CancellationToken cancellationToken) => _connection.AcceptAsync(cancellationToken);

    public CancellationToken Draining => _leaving.Token;

    public void BeginDrain(TunnelCode code, string reason, DrainNotice? notice = null)
    {
        if (MarkDraining())
        {
            ControlMessage message = _isEdge
                ? new DrainMessage(code.WireName(), notice?.ReconnectAfter ?? TimeSpan.Zero, notice?.TryFor ?? _options.LingerTimeout, reason)
                : new DrainingMessage(code.WireName(), reason);
            _ = SendDrainAsync(message);
        }
    }

    public async ValueTask AnnounceAsync(IReadOnlyList<string> servers, CancellationToken cancellationToken)
    {
        Servers = servers;
        await _control.SendAsync(new ServersMessage([.. servers.Select(name => new AnnouncedServer(name))]), cancellationToken);
    }

    public async ValueTask CloseAsync(TunnelCode code, string detail)
    {
        MarkDraining();
        var closure = new LinkClosure(code, detail, ByPeer: false);
        await _connection.EndAsync(closure, limit => SendAsync(CloseMessage.For(code, detail), limit), LastWords);
    }

    public async ValueTask DisposeAsync() => await CloseAsync(TunnelCode.Shutdown, "The link was disposed.");

    /// <summary>True the first time.</summary>
    private bool MarkDraining()
    {
        var first = Interlocked.Exchange(ref _draining, 1) == 0;
        _leaving.Fire();
        return first;
    }

    private async Task SendDrainAsync(ControlMessage message)
    {
        try
        {
            await SendAsync(message, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // The link is ending anyway; its closure says why.
        }
    }

    private async ValueTask SendAsync(ControlMessage message, CancellationToken cancellationToken)
    {
        await Welcomed.WaitAsync(cancellationToken);
        await _control.SendAsync(message, cancellationToken);
    }

    private async Task ListenAsync()
    {
        try
        {
            while (await _control.ReadAsync(CancellationToken.None) is { } message)
            {
                await HandleAsync(message);
            }

            Abort(new LinkClosure(TunnelCode.Shutdown, "The peer ended the control stream.", ByPeer: true));
        }
        catch (ControlException e)
        {
            await CloseAsync(e.Code, e.Message);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            Abort(new LinkClosure(TunnelCode.TransportError, e.Message, ByPeer: true));
        }
    }

    private async ValueTask HandleAsync(ControlMessage message)
    {
        switch (message)
        {
            case PingMessage ping:
                await _control.SendAsync(new PongMessage(ping.Id), CancellationToken.None);
                break;
            case PongMessage pong:
                if (_liveness.OnPong(pong.Id) is { } roundTrip)
                {
                    TransportMetrics.RoundTripMeasured(Side, Carrier, roundTrip);
                }

                break;
            case CloseMessage close:
                var known = TunnelCodes.TryParse(close.Code, out var info);
                Abort(new LinkClosure(known ? info.Code : TunnelCode.Shutdown, known ? close.Detail : $"{close.Code}: {close.Detail}", ByPeer: true));
                break;
            case DrainMessage drain when !_isEdge:
                MarkDraining();
                _drainRequested.TrySetResult(new DrainNotice(drain.ReconnectAfter, drain.TryFor, drain.Reason));
                break;
            case DrainingMessage when _isEdge:
                MarkDraining();
                break;
            case ServersMessage servers when _isEdge:
                Servers = [.. servers.Servers.Select(server => server.Name)];
                break;
            default:
                throw new ControlException(TunnelCode.ProtocolError, $"A '{message.Type}' has no place on a link that is up.");
        }
    }

    private async Task CountClosureAsync()
    {
        var closure = await Closed;
        _leaving.Fire();
        LinkLedger.Remove(this);
        TransportMetrics.LinkClosed(Side, Carrier, closure);
    }

    private void Abort(LinkClosure closure)
    {
        _liveness.Dispose();
        _connection.Abort(closure);
    }
}
