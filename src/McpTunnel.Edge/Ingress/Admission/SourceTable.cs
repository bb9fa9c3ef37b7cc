using McpTunnel.Protocol.Codes;

namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>
/// Counts what each source uses and refuses what is over its limits: a token bucket for new connections, and three plain
/// counts. Bounded: a source that is quiet and whose bucket is full is forgotten for a new one; when there is none, newcomers
/// share one entry, so that a flood from very many addresses is held to the limits of one. Thread-safe.
/// </summary>
internal sealed class SourceTable(SourceLimits limits, TimeProvider time)
{
    /// <summary>How many of the least recently used sources are looked at to make room: constant work for each connection.</summary>
    private const int EvictionScan = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<SourceKey, Source> _sources = [];
    private readonly LinkedList<Source> _leastRecent = new();
    private readonly Source _shared = new(default, limits.HandshakeBurst, time.GetTimestamp());

    /// <summary>Sources remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _sources.Count;
            }
        }
    }

    /// <summary>
    /// Admits a new connection, which then counts as pending until <see cref="ReleasePending"/>; or says why not.
    /// </summary>
    public TunnelCode? TryAdmit(SourceKey key, out Source source)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            source = Find(key, now);
            Refill(source, now);
            if (source.Pending >= limits.Pending)
            {
                return TunnelCode.SourceLimit;
            }

            if (source.Tokens < 1)
            {
                return TunnelCode.RateLimited;
            }

            source.Tokens--;
            source.Pending++;
            return null;
        }
    }

    public void ReleasePending(Source source)
    {
        lock (_gate)
        {
            source.Pending--;
        }
    }

    public bool TryAddStream(Source source)
    {
        lock (_gate)
        {
            if (source.Streams >= limits.Streams)
            {
                return false;
            }

            source.Streams++;
            return true;
        }
    }

    public void ReleaseStream(Source source)
    {
        lock (_gate)
        {
            source.Streams--;
        }
    }

    public bool TryAddCaller(Source source)
    {
        lock (_gate)
        {
            if (source.Callers >= limits.Callers)
            {
                return false;
            }

            source.Callers++;
            return true;
        }
    }

    public void ReleaseCaller(Source source)
    {
        lock (_gate)
        {
            source.Callers--;
        }
    }

    private Source Find(SourceKey key, long now)
    {
        if (_sources.TryGetValue(key, out var known))
        {
            _leastRecent.Remove(known.Node!);
            _leastRecent.AddLast(known.Node!);
            return known;
        }

        if (_sources.Count >= limits.Sources && !TryEvict(now))
        {
            return _shared;
        }

        var source = new Source(key, limits.HandshakeBurst, now);
        source.Node = _leastRecent.AddLast(source);
        _sources.Add(key, source);
        return source;
    }

    private bool TryEvict(long now)
    {
        var node = _leastRecent.First;
        for (var i = 0; i < EvictionScan && node is not null; i++, node = node.Next)
        {
            var source = node.Value;
            Refill(source, now);
            if (source is { Pending: 0, Streams: 0, Callers: 0 } && source.Tokens >= limits.HandshakeBurst)
            {
                _leastRecent.Remove(node);
                _sources.Remove(source.Key);
                return true;
            }
        }

        return false;
    }

    private void Refill(Source source, long now)
    {
        var elapsed = time.GetElapsedTime(source.Refilled, now).TotalSeconds;
        source.Tokens = Math.Min(limits.HandshakeBurst, source.Tokens + (elapsed * limits.HandshakesPerSecond));
        source.Refilled = now;
    }
}
