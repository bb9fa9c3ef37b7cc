using McpTunnel.Transport;

namespace McpTunnel.Client.Linking;

/// <summary>What is to be known of a slot from outside: its state since when, its link, and what went wrong last. Thread-safe.</summary>
/// <param name="slot">Which of the client's links.</param>
/// <param name="leaving">Links before the one that is up.</param>
/// <param name="time">The clock.</param>
internal sealed class LinkSlotRecord(int slot, LeavingLinks leaving, TimeProvider time)
{
    private readonly Lock _lock = new();
    private LinkSlotState _state = LinkSlotState.Idle;
    private DateTimeOffset _since = time.GetUtcNow();
    private DateTimeOffset? _nextAttempt;
    private string? _dialling;
    private string? _problem;
    private DateTimeOffset? _problemAt;
    private string? _move;
    private DateTimeOffset? _moveAt;
    private ILink? _link;

    /// <summary>The link that was told to leave, until another one is up in its place.</summary>
    private ILink? _told;
    private ILink? _last;

    /// <summary>The link that is up now.</summary>
    public ILink? Link
    {
        get
        {
            lock (_lock)
            {
                return _link;
            }
        }
    }

    /// <param name="generation">Of the latest dial.</param>
    public LinkSlotStatus ToStatus(long generation)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var stopping = _state == LinkSlotState.Stopped;
            var told = _link is null && _state != LinkSlotState.Refused && _told is { Closed.IsCompleted: false } ? _told : null;
            var link = _link ?? _last ?? told;
            var drains = told is not null || (stopping && _last is not null);
            var since = drains && !stopping ? _moveAt!.Value : _since;
            var left = leaving.All.Where(leaver => leaver != link).ToList();
            var stalls = link?.Stalls ?? default;
            return new LinkSlotStatus(
                slot, drains ? LinkSlotState.Draining : _state, since, link?.Identity.LinkId, link?.Identity.Node, link?.Carrier.WireName(),
                link?.StreamCount ?? 0, left.Count, link?.RoundTripTime?.TotalMilliseconds, link?.LastSeen, link?.BytesReceived ?? 0, link?.BytesSent ?? 0,
                generation, _problem, _nextAttempt)
            {
                AgeSeconds = (long)(now - since).TotalSeconds,
                SilentSeconds = (long?)link?.Silence.TotalSeconds,
                LeavingStreams = left.Sum(leaver => leaver.StreamCount),
                StalledSeconds = Math.Round(stalls.Time.TotalSeconds, 3),
                StalledStreams = stalls.Streams,
                Dialling = _state == LinkSlotState.Connecting ? _dialling : null,
                LastErrorAt = _problemAt,
                LastErrorAgeSeconds = (long?)(now - _problemAt)?.TotalSeconds,
                LastMove = _move,
                LastMoveAt = _moveAt,
                LastMoveAgeSeconds = (long?)(now - _moveAt)?.TotalSeconds,
                DrainReason = !drains ? null : stopping ? "The client is stopping." : _move,
            };
        }
    }

    public void Set(LinkSlotState state, ILink? link = null)
    {
        lock (_lock)
        {
            _state = state;
            _since = time.GetUtcNow();
            _link = link;
            _told = link is null ? _told : null;
            _nextAttempt = null;
        }
    }

    /// <summary>The next dial is <paramref name="rest"/> away.</summary>
    public void Waits(TimeSpan rest)
    {
        lock (_lock)
        {
            if (_state != LinkSlotState.Waiting)
            {
                Set(LinkSlotState.Waiting);
            }

            _nextAttempt = time.GetUtcNow() + rest;
        }
    }

    /// <summary>The link is not up any more; what follows is not known yet.</summary>
    public void LinkEnded()
    {
        lock (_lock)
        {
            _link = null;
        }
    }

    /// <summary>When the client stops, its streams run out, and status shows it.</summary>
    public async Task KeepInSightAsync(ILink? link)
    {
        if (link is not null && !link.Closed.IsCompleted)
        {
            SetLast(link);
            await link.Closed;
            SetLast(null);
        }
    }

    /// <summary>It stays when a link is up again: with its age, it is what explains a link that comes and goes.</summary>
    public void Problem(string what)
    {
        lock (_lock)
        {
            (_problem, _problemAt) = (what, time.GetUtcNow());
        }
    }

    /// <summary>A link is left in order, for a reason that is no error.</summary>
    /// <param name="why">The reason, for a person.</param>
    /// <param name="told">The link, when its edge told it to leave and nothing is up in its place yet.</param>
    public void Moves(string why, ILink? told = null)
    {
        lock (_lock)
        {
            (_move, _moveAt, _told) = (why, time.GetUtcNow(), told);
        }
    }

    public void Dialling(string what)
    {
        lock (_lock)
        {
            _dialling = what;
        }
    }

    private void SetLast(ILink? link)
    {
        lock (_lock)
        {
            _last = link;
        }
    }
}
