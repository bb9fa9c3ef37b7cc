namespace McpTunnel.Edge.Ingress.Relaying;

/// <summary>
/// The relays that run now: for a scrape's sums, for the sweep and for the edge's end. Byte counts stay in plain fields of
/// the relays and are only added up when somebody asks. Thread-safe.
/// </summary>
internal sealed class RelayTable(TimeSpan? maxIdle, TimeProvider time)
{
    /// <summary>
    /// How long an agent may take nothing of what is left to deliver once its stream is over: as TCP itself waits for a dead peer's
    /// acknowledgement, and then some.
    /// </summary>
    private static readonly TimeSpan DeliveryLimit = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly LinkedList<Relay> _relays = new();
    private TaskCompletionSource? _whenEmpty;
    private long _pastBytesToClient;
    private long _pastBytesToAgent;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _relays.Count;
            }
        }
    }

    /// <summary>Bytes of all relays, past and present.</summary>
    public (long ToClient, long ToAgent) Bytes
    {
        get
        {
            lock (_gate)
            {
                return (_pastBytesToClient + _relays.Sum(relay => relay.BytesToClient), _pastBytesToAgent + _relays.Sum(relay => relay.BytesToAgent));
            }
        }
    }

    public async Task<RelayEnd> RunAsync(Relay relay)
    {
        lock (_gate)
        {
            relay.Node = _relays.AddLast(relay);
        }

        var end = await relay.RunAsync();
        lock (_gate)
        {
            _relays.Remove(relay.Node);
            _pastBytesToClient += relay.BytesToClient;
            _pastBytesToAgent += relay.BytesToAgent;
            if (_relays.Count == 0)
            {
                _whenEmpty?.TrySetResult();
            }
        }

        return end;
    }

    /// <summary>Completes once no relay runs.</summary>
    public Task WhenEmptyAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_relays.Count == 0)
            {
                return Task.CompletedTask;
            }

            if (_whenEmpty is null || _whenEmpty.Task.IsCompleted)
            {
                _whenEmpty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return _whenEmpty.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Ends the relays whose agent is gone, and those idle for too long if there is such a limit.</summary>
    public void Sweep()
    {
        foreach (var relay in Where(relay => relay.IsUnwatched))
        {
            relay.AbortIfAgentIsGone();
        }

        var now = time.GetTimestamp();
        foreach (var relay in Where(relay => relay.IsIdle(relay.IsDelivering ? DeliveryLimit : maxIdle ?? TimeSpan.MaxValue, now)))
        {
            relay.Abort(RelayEnd.Aborted);
        }
    }

    /// <summary>Resets every relay. Returns how many there were.</summary>
    public int AbortAll()
    {
        var relays = Where(_ => true);
        foreach (var relay in relays)
        {
            relay.Abort(RelayEnd.Aborted);
        }

        return relays.Count;
    }

    /// <summary>A copy, since ending a relay changes the list.</summary>
    private List<Relay> Where(Func<Relay, bool> condition)
    {
        lock (_gate)
        {
            return [.. _relays.Where(condition)];
        }
    }
}
