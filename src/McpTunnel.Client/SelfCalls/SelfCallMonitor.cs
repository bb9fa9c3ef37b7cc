using McpTunnel.Transport;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.SelfCalls;

/// <summary>
/// Has the client call itself through the edge, so that it is ready only when calls come through, and replaces links that are up and serve none.
/// <code>
///   each time                 one call: the path is there
///   when that fails, when a link is new, every 5 min
///                             as many calls at once as there are links. Their connections stay open together, so the edge, which takes the link with the
///                             fewest streams, gives each to another link; what a silent one is, SilentLinks says
/// </code>
/// One round at a time; <see cref="Report"/> is thread-safe.
/// </summary>
internal sealed class SelfCallMonitor : IAsyncDisposable
{
    private readonly ISelfCaller _caller;
    private readonly Func<IReadOnlyList<ILink>> _links;
    private readonly Func<ILink, CancellationToken, Task<bool>> _replace;
    private readonly SelfCallOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SilentLinks _silent;
    private readonly HashSet<ILink> _tried = [];
    private readonly HashSet<ILink> _proven = [];
    private long? _swept;
    private bool _everServed;
    private bool _replacedBlindly;
    private long? _replaced;
    private DateTimeOffset _failedSince;
    private int _turn;
    private int _failures;
    private volatile SelfCallReport _report;
    private Task _running = Task.CompletedTask;

    /// <param name="caller">Makes the calls.</param>
    /// <param name="links">The links that are up and take new streams.</param>
    /// <param name="requests">How many requests have arrived through a link, of anybody.</param>
    /// <param name="replace">Brings up a new link in place of one, which then leaves.</param>
    /// <param name="options">When.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where events 2150 to 2159 go.</param>
    public SelfCallMonitor(
        ISelfCaller caller, Func<IReadOnlyList<ILink>> links, Func<ILink, long> requests, Func<ILink, CancellationToken, Task<bool>> replace, SelfCallOptions options, TimeProvider time, ILogger logger)
    {
        _caller = caller;
        _links = links;
        _silent = new SilentLinks(requests);
        _replace = replace;
        _options = options;
        _time = time;
        _logger = logger;
        _report = new SelfCallReport(options.Every == TimeSpan.Zero ? SelfCallState.Off : SelfCallState.Pending, null, null, 0, null, null);
    }

    public SelfCallReport Report => _report;

    /// <summary>Begins when <paramref name="first"/> completes; does nothing where calls are switched off.</summary>
    public void Start(Task first)
    {
        if (_options.Every > TimeSpan.Zero)
        {
            _running = RunAsync(first);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(Task first)
    {
        try
        {
            await first.WaitAsync(_stopping.Token);
            while (true)
            {
                await TryRoundAsync(_stopping.Token);
                await Task.Delay(NextWait(), _time, _stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The client stops.
        }
    }

    /// <summary>Soon after a failure, then less often; a little more or less each time, so that clients which started together do not go on together.</summary>
    private TimeSpan NextWait()
    {
        var again = Durations.Shorter(TimeSpan.FromSeconds(1 << Math.Min(_failures, 10)) / 2, _options.AgainAfterFailure);
        return Durations.Shorter(_failures == 0 ? _options.Every : again, _options.Every) * (0.9 + (0.2 * Random.Shared.NextDouble()));
    }

    private async Task TryRoundAsync(CancellationToken cancellationToken)
    {
        var outcomes = new List<SelfCallOutcome>();
        try
        {
            await RoundAsync(outcomes, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The next round comes.
            SelfCallLog.Faulted(_logger, e);
        }
        finally
        {
            outcomes.ForEach(outcome => outcome.Dispose());
        }
    }

    private async Task RoundAsync(List<SelfCallOutcome> outcomes, CancellationToken cancellationToken)
    {
        var links = _links();
        Forget(links);
        _silent.Begin(links);
        if (links.Count == 0)
        {
            // Why there is none is said elsewhere.
            return;
        }

        if (!IsSweepDue(links))
        {
            outcomes.Add(await _caller.CallAsync(links[_turn++ % links.Count], cancellationToken));
            if (outcomes[0].IsGood)
            {
                Conclude(links, outcomes, silent: []);
                return;
            }
        }

        // What one call may have met by chance, several at once tell apart.
        outcomes.ForEach(outcome => outcome.Dispose());
        outcomes.Clear();
        await SweepAsync(links, outcomes, cancellationToken);
        _silent.Judge(outcomes);
        Conclude(links, outcomes, _silent.Suspects);
        await ReplaceAsync(isBlind: outcomes.TrueForAll(outcome => outcome.Link is null), cancellationToken);
    }

    private bool IsSweepDue(IReadOnlyList<ILink> links) =>
        _swept is not { } swept || _time.GetElapsedTime(swept) >= _options.AllLinksEvery || _report.State == SelfCallState.Failed || links.Any(link => !_tried.Contains(link));

    /// <summary>
    /// Calls until every link has served one, or one failed. More than there are links are needed where other instances answer too, and to reach a link that has more streams than the others:
    /// agents', or such as hang because it is silent.
    /// </summary>
    private async Task SweepAsync(IReadOnlyList<ILink> links, List<SelfCallOutcome> outcomes, CancellationToken cancellationToken)
    {
        _swept = _time.GetTimestamp();
        _tried.UnionWith(links);
        do
        {
            outcomes.AddRange(await Task.WhenAll(links.Select(link => _caller.CallAsync(link, cancellationToken))));
        }
        while (outcomes.TrueForAll(outcome => outcome.IsGood)
            && links.Any(link => !HasServed(link, outcomes))
            && outcomes.Count + links.Count <= _options.MostConnections);
    }

    private void Conclude(IReadOnlyList<ILink> links, List<SelfCallOutcome> outcomes, IReadOnlyList<ILink> silent)
    {
        foreach (var outcome in outcomes)
        {
            SelfCallMetrics.Ended(outcome.Result);
            if (outcome.Link is { } link)
            {
                _proven.Add(link);
                (_everServed, _replacedBlindly) = (true, false);
            }
        }

        _proven.ExceptWith(silent);
        var before = _report;
        var failures = outcomes.Where(outcome => !outcome.IsGood).ToList();
        var warning = outcomes.Find(outcome => outcome.Result == SelfCallResult.OtherCertificate)?.Detail;
        var now = _time.GetUtcNow();
        _failures = failures.Count > 0 ? _failures + 1 : 0;
        _failedSince = before.State == SelfCallState.Failed ? _failedSince : now;
        var report = new SelfCallReport(
            failures.Count > 0 ? SelfCallState.Failed : SelfCallState.Good,
            now,
            outcomes.Where(outcome => outcome.IsGood).Select(outcome => (double?)outcome.Duration.TotalMilliseconds).Min() ?? before.Milliseconds,
            links.Count(_proven.Contains),
            failures.Count == 0 ? null : Describe(failures, outcomes.Count),
            warning);
        if (report.State == SelfCallState.Failed && before.State != SelfCallState.Failed)
        {
            SelfCallLog.Failed(_logger, report.Problem!);
        }
        else if (report.State == SelfCallState.Good && before.State == SelfCallState.Failed)
        {
            SelfCallLog.Good(_logger, (now - _failedSince).TotalSeconds);
        }

        if (warning is not null && warning != before.Warning)
        {
            SelfCallLog.AnsweredElsewhere(_logger, warning);
        }

        // Who sees a new state finds it in the log.
        _report = report;
    }

    private static string Describe(List<SelfCallOutcome> failures, int calls) =>
        $"{(failures.Count == calls ? "" : $"{failures.Count} of {calls} calls at once failed. Of the first: ")}{failures[0].Detail}.";

    /// <summary>
    /// One link at a time, and no other for a while: what a new one changes is to be seen first. While no link serves any call, one replacement now and then tells whether it is the
    /// links' fault; where calls never came through, it is not.
    /// </summary>
    private async Task ReplaceAsync(bool isBlind, CancellationToken cancellationToken)
    {
        var rest = _replacedBlindly ? _options.AllLinksEvery : _options.ReplaceEvery;
        if (!_everServed || (_replaced is { } last && _time.GetElapsedTime(last) < rest) || _silent.Find() is not { } link)
        {
            return;
        }

        (_replaced, _replacedBlindly) = (_time.GetTimestamp(), isBlind);
        SelfCallLog.Replacing(_logger, link.Identity.LinkId);
        await _replace(link, cancellationToken);
    }

    private void Forget(IReadOnlyList<ILink> links)
    {
        _tried.IntersectWith(links);
        _proven.IntersectWith(links);
    }

    private static bool HasServed(ILink link, List<SelfCallOutcome> outcomes) => outcomes.Exists(outcome => outcome.Link == link);
}
