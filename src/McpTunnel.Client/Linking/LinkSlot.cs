using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control;
using McpTunnel.Transport;
using McpTunnel.Transport.Reconnecting;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Linking;

/// <summary>
/// Keeps one link up: dial → serve → (moved | drained | closed) → wait → dial. Refusals that are not retryable end the loop. The waits start over only
/// after a time of stability, so a link that comes up and breaks at once does not hammer the edge. A place that another process has taken says nothing about the
/// credentials: it is tried again, and the other links go on.
/// <para>
/// A link that ended is replaced under its own index, which frees the edge of a half-dead predecessor at once. A link that is left in order has its
/// successor under another index of the slot, one that no link has which still finishes what is in flight: the edge would end that one.
/// </para>
/// </summary>
internal sealed class LinkSlot
{
    /// <summary>
    /// Nodes that leave one after another, as in a rolling restart, are followed at once; more notices than this without a stable link between them are answered with waits.
    /// </summary>
    private const int MaxHastyDrains = 4;

    /// <summary>Links of one slot at a time, those that are left included: as many as an edge grants by default to a client of four slots (<c>linksPerInstance</c>).</summary>
    private const int MaxIndices = 4;

    /// <summary>
    /// The most that an edge may put off the successor of a link that it asks to leave, whatever it says: an edge spreads its clients over some seconds, a large one over minutes, and one message
    /// must not leave a client without a link for a day.
    /// </summary>
    internal static readonly TimeSpan LongestSpread = TimeSpan.FromMinutes(5);

    /// <summary>A link that is left stays for so many steps, streams or none.</summary>
    private const int LeastSteps = 4;

    private readonly int _slot;
    private readonly Func<LinkAttempt, CancellationToken, Task<ILink>> _dial;
    private readonly Action<ILink> _attach;
    private readonly LinkSupervisorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly List<ILink> _leaving = [];
    private LinkSlotState _state = LinkSlotState.Idle;
    private DateTimeOffset _since;
    private DateTimeOffset? _nextAttempt;
    private string? _lastError;
    private DateTimeOffset? _lastErrorAt;
    private ILink? _link;
    private TaskCompletionSource<LinkMove> _moveAsked = NewMoveAsked();
    private int _index;
    private int _hastyDrains;
    private long _generation;

    /// <param name="slot">Which of the client's links.</param>
    /// <param name="dial">Brings up a link.</param>
    /// <param name="attach">Serves a link's streams; returns at once.</param>
    /// <param name="options">When again.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where events go.</param>
    public LinkSlot(
        int slot, Func<LinkAttempt, CancellationToken, Task<ILink>> dial, Action<ILink> attach, LinkSupervisorOptions options, TimeProvider time, ILogger logger)
    {
        _slot = slot;
        _index = slot;
        _dial = dial;
        _attach = attach;
        _options = options;
        _time = time;
        _logger = logger;
        _since = time.GetUtcNow();
    }

    /// <summary>Completes when the link has been up once.</summary>
    public Task Registered => _registered.Task;

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

    /// <summary>The link that is up now, and those before it that still finish what is in flight.</summary>
    public IReadOnlyList<ILink> Links
    {
        get
        {
            lock (_lock)
            {
                return _link is null ? [.. _leaving] : [_link, .. _leaving];
            }
        }
    }

    /// <summary>Links before the one that is up, which still finish what is in flight.</summary>
    public IReadOnlyList<ILink> Leaving
    {
        get
        {
            lock (_lock)
            {
                return [.. _leaving];
            }
        }
    }

    public LinkSlotStatus Status
    {
        get
        {
            lock (_lock)
            {
                var now = _time.GetUtcNow();
                var stalls = _link?.Stalls ?? default;
                return new LinkSlotStatus(
                    _slot, _state, _since, _link?.Identity.LinkId, _link?.Identity.Node, _link?.Carrier.WireName(),
                    _link?.StreamCount ?? 0, _leaving.Count, _link?.RoundTripTime?.TotalMilliseconds, _link?.LastSeen, _link?.BytesReceived ?? 0, _link?.BytesSent ?? 0,
                    _generation, _lastError, _nextAttempt)
                {
                    AgeSeconds = (long)(now - _since).TotalSeconds,
                    SilentSeconds = (long?)_link?.Silence.TotalSeconds,
                    LeavingStreams = _leaving.Sum(left => left.StreamCount),
                    StalledSeconds = Math.Round(stalls.Time.TotalSeconds, 3),
                    StalledStreams = stalls.Streams,
                    LastErrorAt = _lastErrorAt,
                    LastErrorAgeSeconds = _lastErrorAt is { } at ? (long)(now - at).TotalSeconds : null,
                };
            }
        }
    }

    /// <summary>Runs until cancelled, or until the edge refuses for good: then that refusal is returned.</summary>
    public async Task<LinkRefusedException?> RunAsync(CancellationToken cancellationToken)
    {
        var backoff = new FullJitterBackoff(_options.FirstWait, _options.LongestWait, Random.Shared.NextDouble);
        try
        {
            while (true)
            {
                var wait = await ConnectAndServeAsync(backoff, cancellationToken);
                Set(LinkSlotState.Waiting, null, _time.GetUtcNow() + wait);
                await Task.Delay(wait, _time, cancellationToken);
            }
        }
        catch (LinkRefusedException refusal)
        {
            SetError(refusal.Message);
            Set(LinkSlotState.Refused, null);
            return refusal;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Set(LinkSlotState.Stopped, null);
            return null;
        }
    }

    /// <summary>
    /// Brings a new link up beside the one that is up, and lets the old one finish and leave. False when there was nothing to move, or no new link
    /// came up: the old one goes on then.
    /// </summary>
    public async Task<bool> MoveAsync(LinkMove move, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_link is null || !_moveAsked.TrySetResult(move))
            {
                return false;
            }
        }

        return await move.Done.WaitAsync(cancellationToken);
    }

    /// <summary>One life of the link, moves included; returns how long to wait before the next.</summary>
    private async Task<TimeSpan> ConnectAndServeAsync(FullJitterBackoff backoff, CancellationToken cancellationToken)
    {
        Set(LinkSlotState.Connecting, null);
        ILink link;
        try
        {
            link = await _dial(new LinkAttempt(_slot, _index, ++_generation, []), cancellationToken);
        }
        catch (LinkRefusedException refusal) when (refusal.Retryable || refusal.Code == TunnelCode.Replaced)
        {
            // Not before the time named, and then not all who were told the same at the same moment.
            return Failed(refusal, Bounded(refusal.RetryAfter ?? TimeSpan.Zero) + backoff.Next());
        }
        catch (LinkConnectException failure)
        {
            return Failed(failure, backoff.Next());
        }
        catch (Exception unforeseen) when (IsOfThisDial(unforeseen, cancellationToken))
        {
            // Whatever it is, the next dial may do without it; a client that gives up does not.
            return Failed(unforeseen, backoff.Next());
        }

        var started = _time.GetTimestamp();
        try
        {
            Serve(link);
            link = await MoveWhenAskedAsync(link, cancellationToken);
        }
        finally
        {
            EndMoves();
        }

        if (_time.GetElapsedTime(started) >= _options.StableAfter)
        {
            backoff.Reset();
            _hastyDrains = 0;
        }

        return link.Closed.IsCompleted ? AfterClosure(link, await link.Closed, backoff) : AfterNotice(link, await link.DrainRequested, backoff);
    }

    /// <summary>Returns the link that has ended or was asked to drain: the first one, or the last one that this slot moved to.</summary>
    private async Task<ILink> MoveWhenAskedAsync(ILink link, CancellationToken cancellationToken)
    {
        while (true)
        {
            var asked = _moveAsked.Task;
            if (await Task.WhenAny(link.Closed, link.DrainRequested, asked).WaitAsync(cancellationToken) != asked)
            {
                return link;
            }

            var move = await asked;
            lock (_lock)
            {
                _moveAsked = NewMoveAsked();
            }

            ILink? successor = null;
            try
            {
                successor = await TryDialBesideAsync(move, cancellationToken);
                if (successor is not null)
                {
                    LinkingLog.Moving(_logger, _slot, link.Identity.LinkId, move.Reason);
                    ClientLinkMetrics.Reconnecting(ClientLinkMetrics.Move);
                    Leave(link, move.Reason, _options.MoveGrace);
                    Serve(successor);
                    link = successor;
                }
            }
            finally
            {
                move.Finish(successor is not null);
            }
        }
    }

    private async Task<ILink?> TryDialBesideAsync(LinkMove move, CancellationToken cancellationToken)
    {
        if (FreeIndex() is not { } index)
        {
            LinkingLog.MoveFailed(_logger, _slot, move.Reason, "earlier links of this one still finish what is in flight.");
            return null;
        }

        try
        {
            var link = await _dial(new LinkAttempt(_slot, index, ++_generation, move.Rungs, move.BestAddressOnly), cancellationToken);
            _index = index;
            return link;
        }
        catch (Exception failure) when (failure is LinkRefusedException || IsOfThisDial(failure, cancellationToken))
        {
            LinkingLog.MoveFailed(_logger, _slot, move.Reason, failure.Message);
            return null;
        }
    }

    private static bool IsOfThisDial(Exception failure, CancellationToken cancellationToken) =>
        failure is not LinkRefusedException && !(failure is OperationCanceledException && cancellationToken.IsCancellationRequested);

    /// <summary>An index that neither the link that is up has nor one that is left; null while all are in use.</summary>
    private int? FreeIndex()
    {
        lock (_lock)
        {
            for (var (i, index) = (0, _slot); i < MaxIndices && index <= ControlLimits.MaxLinkIndex; i++, index += _options.Links)
            {
                if (index != _index && !_leaving.Exists(left => left.Identity.LinkIndex == index && !left.Closed.IsCompleted))
                {
                    return index;
                }
            }

            return null;
        }
    }

    private TimeSpan AfterClosure(ILink link, LinkClosure closure, FullJitterBackoff backoff)
    {
        LinkingLog.Closed(_logger, _slot, link.Identity.LinkId, closure.Code.WireName(), closure.Detail);
        if (closure.ByPeer && !closure.Code.Info().Retryable && closure.Code != TunnelCode.Replaced)
        {
            throw new LinkRefusedException(closure.Code.WireName(), retryable: false, retryAfter: null, closure.Detail);
        }

        SetError($"{closure.Code.WireName()}: {closure.Detail}");
        ClientLinkMetrics.Reconnecting(closure.Code.WireName());
        return backoff.Next();
    }

    /// <summary>The old link serves what is in flight while its replacement comes up, at the moment the edge named.</summary>
    private TimeSpan AfterNotice(ILink link, DrainNotice notice, FullJitterBackoff backoff)
    {
        LinkingLog.Draining(_logger, _slot, link.Identity.LinkId, notice.Reason);
        SetError(notice.Reason);
        ClientLinkMetrics.Reconnecting(ClientLinkMetrics.Drain);
        _index = FreeIndex() ?? _index;
        Leave(link, notice.Reason, notice.TryFor);
        var spread = notice.ReconnectAfter < LongestSpread ? notice.ReconnectAfter : LongestSpread;
        return ++_hastyDrains > MaxHastyDrains ? spread + backoff.Next() : spread;
    }

    private void Serve(ILink link)
    {
        Set(LinkSlotState.Up, link);
        LinkingLog.Up(_logger, _slot, link.Identity.LinkId, link.Identity.Node, link.Carrier.WireName());
        _attach(link);
        _registered.TrySetResult();
    }

    /// <summary>Takes no new streams on a link, and closes it when those in flight are over, or after <paramref name="limit"/>.</summary>
    private void Leave(ILink link, string reason, TimeSpan limit)
    {
        lock (_lock)
        {
            _leaving.Add(link);
        }

        link.BeginDrain(TunnelCode.Shutdown, reason);
        _ = LeaveAsync(link, limit);
    }

    private async Task LeaveAsync(ILink link, TimeSpan limit)
    {
        // At least some steps: a stream that the edge opened before it heard is on its way, and slow machines are slow.
        var started = _time.GetTimestamp();
        do
        {
            await Task.WhenAny(link.Closed, Task.Delay(_options.LeaveStep, _time));
        }
        while (!link.Closed.IsCompleted && (link.StreamCount > 0 || _time.GetElapsedTime(started) < LeastSteps * _options.LeaveStep) && _time.GetElapsedTime(started) < limit);

        await link.CloseAsync(TunnelCode.Shutdown, "The client has moved to another link.");
        lock (_lock)
        {
            _leaving.Remove(link);
        }
    }

    /// <summary>Who waits for a move hears that there is no link to move any more.</summary>
    private void EndMoves()
    {
        lock (_lock)
        {
            if (_moveAsked.Task.IsCompletedSuccessfully)
            {
                _moveAsked.Task.Result.Finish(moved: false);
            }

            _moveAsked = NewMoveAsked();
            _link = null;
        }
    }

    private TimeSpan Failed(Exception failure, TimeSpan wait)
    {
        SetError(failure.Message);
        ClientLinkMetrics.Reconnecting(ClientLinkMetrics.NameOf(failure));
        LinkingLog.Failed(_logger, _slot, failure.Message, wait.TotalSeconds);
        return wait;
    }

    /// <summary>It stays when a link is up again: with its age, it is what explains a link that comes and goes.</summary>
    private void SetError(string error)
    {
        lock (_lock)
        {
            (_lastError, _lastErrorAt) = (error, _time.GetUtcNow());
        }
    }

    private void Set(LinkSlotState state, ILink? link, DateTimeOffset? nextAttempt = null)
    {
        lock (_lock)
        {
            _state = state;
            _since = _time.GetUtcNow();
            _link = link;
            _nextAttempt = nextAttempt;
        }
    }

    private static TaskCompletionSource<LinkMove> NewMoveAsked() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // An HTTP answer on the way may name any number of seconds, also more than a timer takes.
    private static TimeSpan Bounded(TimeSpan asked) => asked < ControlLimits.MaxTime ? asked : ControlLimits.MaxTime;
}
