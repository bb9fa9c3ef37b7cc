using McpTunnel.Protocol.Codes;
using McpTunnel.Transport;
using McpTunnel.Transport.Reconnecting;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Linking;

/// <summary>
/// Keeps one link up: dial → serve → (drained | closed) → wait → dial. Refusals that are not retryable end the loop. The waits start over only
/// after a time of stability, so a link that comes up and breaks at once does not hammer the edge.
/// </summary>
internal sealed class LinkSlot(
    int index, Func<int, long, CancellationToken, Task<ILink>> dial, Action<ILink> attach, LinkSupervisorOptions options, TimeProvider time, ILogger logger)
{
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private LinkSlotState _state = LinkSlotState.Idle;
    private DateTimeOffset _since = time.GetUtcNow();
    private DateTimeOffset? _nextAttempt;
    private string? _lastError;
    private ILink? _link;
    private long _generation;

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

    public LinkSlotStatus Status
    {
        get
        {
            lock (_lock)
            {
                return new LinkSlotStatus(
                    index, _state, _since, _link?.Identity.LinkId, _link?.Identity.Node, _link?.Carrier.WireName(),
                    _link?.StreamCount ?? 0, _link?.RoundTripTime?.TotalMilliseconds, _link?.BytesReceived ?? 0, _link?.BytesSent ?? 0,
                    _generation, _lastError, _nextAttempt);
            }
        }
    }

    /// <summary>Runs until cancelled, or until the edge refuses for good: then that refusal is returned.</summary>
    public async Task<LinkRefusedException?> RunAsync(CancellationToken cancellationToken)
    {
        var backoff = new FullJitterBackoff(options.FirstWait, options.LongestWait, Random.Shared.NextDouble);
        try
        {
            while (true)
            {
                var wait = await ConnectAndServeAsync(backoff, cancellationToken);
                ClientLinkMetrics.Reconnects.Add(1);
                Set(LinkSlotState.Waiting, null, _lastError, time.GetUtcNow() + wait);
                await Task.Delay(wait, time, cancellationToken);
            }
        }
        catch (LinkRefusedException refusal)
        {
            Set(LinkSlotState.Refused, null, refusal.Message);
            return refusal;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Set(LinkSlotState.Stopped, null, _lastError);
            return null;
        }
    }

    /// <summary>One life of the link; returns how long to wait before the next.</summary>
    private async Task<TimeSpan> ConnectAndServeAsync(FullJitterBackoff backoff, CancellationToken cancellationToken)
    {
        Set(LinkSlotState.Connecting, null, _lastError);
        ILink link;
        try
        {
            link = await dial(index, ++_generation, cancellationToken);
        }
        catch (LinkRefusedException refusal) when (refusal.Retryable)
        {
            return Failed(refusal, Longer(backoff.Next(), refusal.RetryAfter ?? TimeSpan.Zero));
        }
        catch (LinkConnectException failure)
        {
            return Failed(failure, backoff.Next());
        }

        var started = time.GetTimestamp();
        Set(LinkSlotState.Up, link, null);
        LinkingLog.Up(logger, index, link.Identity.LinkId, link.Identity.Node);
        attach(link);
        _registered.TrySetResult();
        await Task.WhenAny(link.Closed, link.DrainRequested).WaitAsync(cancellationToken);
        if (time.GetElapsedTime(started) >= options.StableAfter)
        {
            backoff.Reset();
        }

        if (!link.Closed.IsCompleted)
        {
            // The old link serves what is in flight while its replacement comes up, at the moment the edge named.
            var notice = await link.DrainRequested;
            LinkingLog.Draining(logger, index, link.Identity.LinkId, notice.Reason);
            _lastError = notice.Reason;
            _ = LeaveAsync(link, notice.TryFor);
            return notice.ReconnectAfter;
        }

        var closure = await link.Closed;
        LinkingLog.Closed(logger, index, link.Identity.LinkId, closure.Code.WireName(), closure.Detail);
        if (closure.ByPeer && !closure.Code.Info().Retryable && closure.Code != TunnelCode.Replaced)
        {
            throw new LinkRefusedException(closure.Code.WireName(), retryable: false, retryAfter: null, closure.Detail);
        }

        _lastError = $"{closure.Code.WireName()}: {closure.Detail}";
        return backoff.Next();
    }

    private async Task LeaveAsync(ILink link, TimeSpan tryFor)
    {
        await Task.WhenAny(link.Closed, Task.Delay(tryFor, time));
        await link.DisposeAsync();
    }

    private TimeSpan Failed(Exception failure, TimeSpan wait)
    {
        _lastError = failure.Message;
        LinkingLog.Failed(logger, index, failure.Message, wait.TotalSeconds);
        return wait;
    }

    private void Set(LinkSlotState state, ILink? link, string? error, DateTimeOffset? nextAttempt = null)
    {
        lock (_lock)
        {
            _state = state;
            _since = time.GetUtcNow();
            _link = link;
            _lastError = error;
            _nextAttempt = nextAttempt;
        }
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
