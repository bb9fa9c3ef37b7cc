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

    /// <summary>The most that a refusal may put off the next dial, whatever it says. 10 min: an edge that is overloaded asks for seconds, and whoever answers on the way may name any time.</summary>
    internal static readonly TimeSpan LongestRefusal = TimeSpan.FromMinutes(10);

    private readonly int _slot;
    private readonly Func<LinkAttempt, CancellationToken, Task<ILink>> _dial;
    private readonly Action<ILink> _attach;
    private readonly Func<bool> _anyIsUp;
    private readonly LinkSupervisorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly LeavingLinks _leaving;
    private readonly LinkSlotRecord _record;
    private RetryWait? _wait;
    private bool _edgeWasAway;
    private TaskCompletionSource<LinkMove> _moveAsked = NewMoveAsked();
    private int _index;
    private int _hastyDrains;
    private long _generation;

    /// <param name="slot">Which of the client's links.</param>
    /// <param name="dial">Brings up a link.</param>
    /// <param name="attach">Serves a link's streams; returns at once.</param>
    /// <param name="anyIsUp">Whether any link of this client is up.</param>
    /// <param name="options">When again.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where events go.</param>
    public LinkSlot(
        int slot, Func<LinkAttempt, CancellationToken, Task<ILink>> dial, Action<ILink> attach, Func<bool> anyIsUp, LinkSupervisorOptions options, TimeProvider time, ILogger logger)
    {
        _slot = slot;
        _index = slot;
        _dial = dial;
        _attach = attach;
        _anyIsUp = anyIsUp;
        _options = options;
        _time = time;
        _logger = logger;
        _leaving = new LeavingLinks(options, time);
        _record = new LinkSlotRecord(slot, _leaving, time);
    }

    /// <summary>Completes when the link has been up once.</summary>
    public Task Registered => _registered.Task;

    /// <summary>The link that is up now.</summary>
    public ILink? Link => _record.Link;

    /// <summary>The link that is up now, and those before it that still finish what is in flight.</summary>
    public IReadOnlyList<ILink> Links => Link is { } link ? [link, .. _leaving.All] : _leaving.All;

    /// <summary>Links before the one that is up, which still finish what is in flight.</summary>
    public IReadOnlyList<ILink> Leaving => _leaving.All;

    public LinkSlotStatus Status => _record.ToStatus(_generation);

    /// <summary>Runs until cancelled, or until the edge refuses for good: then that refusal is returned.</summary>
    public async Task<LinkRefusedException?> RunAsync(CancellationToken cancellationToken)
    {
        var backoff = new FullJitterBackoff(_options.FirstWait, _options.LongestWait, Random.Shared.NextDouble);
        try
        {
            while (true)
            {
                await WaitAsync(await ConnectAndServeAsync(backoff, cancellationToken), cancellationToken);
            }
        }
        catch (LinkRefusedException refusal)
        {
            _record.Problem(refusal.Message);
            _record.Set(LinkSlotState.Refused);
            return refusal;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _record.Set(LinkSlotState.Stopped);
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
            if (Link is null || !_moveAsked.TrySetResult(move))
            {
                return false;
            }
        }

        return await move.Done.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Another link of this client has come up: where this one waits because the edge could not be reached, it tries again within <paramref name="rest"/>. Whether it does.
    /// </summary>
    public bool Wake(TimeSpan rest)
    {
        lock (_lock)
        {
            if (_wait?.CutShort(rest) != true)
            {
                return false;
            }

            _record.Waits(rest);
            return true;
        }
    }

    private async Task WaitAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        var wait = new RetryWait(length, _edgeWasAway, _time);
        lock (_lock)
        {
            _wait = wait;
            _record.Waits(length);
        }

        try
        {
            await wait.RunAsync(cancellationToken);
        }
        finally
        {
            lock (_lock)
            {
                _wait = null;
            }
        }
    }

    /// <summary>One life of the link, moves included; returns how long to wait before the next.</summary>
    private async Task<TimeSpan> ConnectAndServeAsync(FullJitterBackoff backoff, CancellationToken cancellationToken)
    {
        _record.Dialling("DNS");
        _record.Set(LinkSlotState.Connecting);
        _edgeWasAway = false;
        ILink link;
        try
        {
            link = await _dial(new LinkAttempt(_slot, _index, ++_generation, []) { Dialling = _record.Dialling }, cancellationToken);
        }
        catch (LinkRefusedException refusal) when (refusal.Retryable || refusal.Code == TunnelCode.Replaced || (refusal.IsUnknownThere && _anyIsUp()))
        {
            // Not before the time named, and then not all who were told the same at the same moment.
            return Failed(refusal, Durations.Shorter(refusal.RetryAfter ?? TimeSpan.Zero, LongestRefusal) + backoff.Next());
        }
        catch (LinkConnectException failure)
        {
            _edgeWasAway = true;
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
            await ServeAsync(link);
            link = await MoveWhenAskedAsync(link, cancellationToken);
        }
        finally
        {
            _ = _record.KeepInSightAsync(cancellationToken.IsCancellationRequested ? Link : null);
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
                successor = await TryDialBesideAsync(link, move, cancellationToken);
                if (successor is not null)
                {
                    LinkingLog.Moving(_logger, _slot, link.Identity.LinkId, move.Reason);
                    ClientLinkMetrics.Reconnecting(ClientLinkMetrics.Move);
                    _record.Moves(move.Reason);
                    _leaving.Add(link, move.Reason, _options.MoveGrace);
                    await ServeAsync(successor);
                    link = successor;
                }
            }
            finally
            {
                move.Finish(successor is not null);
            }
        }
    }

    private async Task<ILink?> TryDialBesideAsync(ILink present, LinkMove move, CancellationToken cancellationToken)
    {
        if (FreeIndex() is not { } index)
        {
            LinkingLog.MoveFailed(_logger, _slot, move.Reason, "earlier links of this one still finish what is in flight.");
            return null;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var dial = _dial(new LinkAttempt(_slot, index, ++_generation, move.Rungs, move.BestAddressOnly), over.Token);
            if (await Task.WhenAny(dial, present.Closed) != dial)
            {
                // What was to be better is not any more: any link is needed now, and this dial may wait for an address that does not answer.
                await over.CancelAsync();
            }

            var link = await dial;
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
                if (index != _index && !_leaving.Has(index))
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

        _record.Problem($"{closure.Code.WireName()}: {closure.Detail}");
        ClientLinkMetrics.Reconnecting(closure.Code.WireName());
        return backoff.Next();
    }

    /// <summary>The old link serves what is in flight while its replacement comes up, at the moment the edge named.</summary>
    private TimeSpan AfterNotice(ILink link, DrainNotice notice, FullJitterBackoff backoff)
    {
        LinkingLog.Draining(_logger, _slot, link.Identity.LinkId, notice.Reason);
        _record.Moves(notice.Reason, link);
        ClientLinkMetrics.Reconnecting(ClientLinkMetrics.Drain);
        _index = FreeIndex() ?? _index;
        _leaving.Add(link, notice.Reason, notice.TryFor);
        var spread = Durations.Shorter(notice.ReconnectAfter, LongestSpread);
        return ++_hastyDrains > MaxHastyDrains ? spread + backoff.Next() : spread;
    }

    private async Task ServeAsync(ILink link)
    {
        _record.Set(LinkSlotState.Up, link);
        LinkingLog.Up(_logger, _slot, link.Identity.LinkId, link.Identity.Node, link.Carrier.WireName());
        try
        {
            _attach(link);
        }
        catch
        {
            // Nobody would take its streams, and the edge would give it some.
            await link.CloseAsync(TunnelCode.Shutdown, "The client cannot serve this link.");
            throw;
        }

        _registered.TrySetResult();
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
            _record.LinkEnded();
        }
    }

    private TimeSpan Failed(Exception failure, TimeSpan wait)
    {
        _record.Problem(failure.Message);
        ClientLinkMetrics.Reconnecting(ClientLinkMetrics.NameOf(failure));
        LinkingLog.Failed(_logger, _slot, failure.Message, wait.TotalSeconds);
        return wait;
    }

    private static TaskCompletionSource<LinkMove> NewMoveAsked() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
