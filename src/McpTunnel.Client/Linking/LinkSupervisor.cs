using McpTunnel.Client.Linking.Care;
using McpTunnel.Client.Linking.Choice;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Linking;

/// <summary>
/// Keeps the client's links up: the first registers before the others start, one after another. Moves them when a better carrier works, new link
/// first. Thread-safe.
/// </summary>
public sealed class LinkSupervisor : ILinkStatusSource, IAsyncDisposable
{
    /// <summary>An edge that does not answer for so long has no streams to open either.</summary>
    private static readonly TimeSpan NoticePatience = TimeSpan.FromSeconds(1);

    private readonly LinkSlot[] _slots;
    private readonly LinkSupervisorOptions _options;
    private readonly ILogger _logger;
    private readonly CarrierChoice _choice;
    private readonly TimeProvider _time;
    private readonly ILinkCare[] _cares;

    /// <summary>Why the last dial of each slot came to nothing. A slot dials once at a time.</summary>
    private readonly string?[] _failures;
    private readonly CancellationTokenSource _stopping = new();
    private ILink[] _stopped = [];
    private Task<LinkRefusedException?> _running = Task.FromResult<LinkRefusedException?>(null);

    /// <param name="dial">Brings up a link.</param>
    /// <param name="attach">Serves a link's streams; returns at once.</param>
    /// <param name="choice">Which carrier new links run on; <paramref name="dial"/> tells it what worked.</param>
    /// <param name="options">How many, and when again.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where events 2000 to 2099 go.</param>
    public LinkSupervisor(
        Func<LinkAttempt, CancellationToken, Task<ILink>> dial, Action<ILink> attach, CarrierChoice choice, LinkSupervisorOptions options, TimeProvider time,
        ILoggerFactory loggers)
    {
        _choice = choice;
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<LinkSupervisor>();
        _failures = new string?[options.Links];
        _slots = [.. Enumerable.Range(0, options.Links).Select(index => new LinkSlot(index, (attempt, token) => DialAsync(dial, attempt, token), link => Attach(attach, link), AnyIsUp, options, time, _logger))];
        _cares = [new CarrierCare(_slots, choice, options, time, _logger), new GoodputCare(_slots, choice, options, time, _logger), new SpreadCare(_slots, options, time), new SilenceCare(_slots, _logger)];
    }

    public IReadOnlyList<LinkSlotStatus> Links => [.. _slots.Select(slot => slot.Status)];

    /// <summary>The links that are up and take new streams, one for each slot that has one.</summary>
    public IReadOnlyList<ILink> ActiveLinks => [.. _slots.Select(slot => slot.Link).OfType<ILink>().Where(link => link.State == LinkState.Active)];

    /// <summary>Links that have a successor and still finish what is in flight.</summary>
    internal IReadOnlyList<ILink> Leaving => [.. _slots.SelectMany(slot => slot.Leaving)];

    public CarrierReport Carrier => _choice.Report;

    /// <summary>
    /// Completes when no link will come up again: with the refusal that ended it, or null after a stop.
    /// </summary>
    public Task<LinkRefusedException?> Completion => _running;

    /// <summary>Completes when the first link has been up.</summary>
    public Task FirstRegistered => _slots[0].Registered;

    /// <summary>Begins; call once.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Tells every link's edge the new list of servers.</summary>
    public async Task AnnounceAsync(IReadOnlyList<string> servers, CancellationToken cancellationToken)
    {
        foreach (var link in LiveLinks())
        {
            try
            {
                await link.AnnounceAsync(servers, cancellationToken);
            }
            catch (IOException)
            {
                // That link is ending; its replacement says the new list in its hello.
            }
        }
    }

    /// <summary>
    /// Replaces every link that is up by a new one, one after another and the new one first: so new credentials come into use. A link whose successor does not come up stays.
    /// </summary>
    public async Task<LinkRenewal> RenewAsync(string reason, CancellationToken cancellationToken)
    {
        var renewal = new LinkRenewal(0, 0, null);
        for (var i = 0; i < _slots.Length; i++)
        {
            var slot = _slots[i];
            var before = slot.Link;
            Volatile.Write(ref _failures[i], null);
            if (await slot.MoveAsync(new LinkMove(reason, []), cancellationToken))
            {
                renewal = renewal with { Renewed = renewal.Renewed + 1 };
            }
            else if (before is { State: LinkState.Active } && slot.Link == before)
            {
                renewal = renewal with { Stayed = renewal.Stayed + 1, Problem = Volatile.Read(ref _failures[i]) ?? "Earlier links still finish what is in flight." };
            }
        }

        return renewal;
    }

    /// <summary>Replaces one link by a new one, the new one first. False when it is not up any more, or no new one came up.</summary>
    public async Task<bool> ReplaceAsync(ILink link, string reason, CancellationToken cancellationToken) =>
        Array.Find(_slots, slot => slot.Link == link) is { } slot && await slot.MoveAsync(new LinkMove(reason, []), cancellationToken);

    /// <summary>
    /// Leaves in order: the edge is told to open no new streams, those in flight get up to <paramref name="grace"/>, then the links close.
    /// </summary>
    public async Task StopAsync(TimeSpan grace)
    {
        // From now on slots let go of what they have.
        var links = LiveLinks();
        Volatile.Write(ref _stopped, links);
        await _stopping.CancelAsync();
        foreach (var link in links)
        {
            link.BeginDrain(TunnelCode.Shutdown, "The client is stopping.");
        }

        var began = _time.GetTimestamp();
        var heard = links.Select(HeardOf).ToList();
        while (_time.GetElapsedTime(began) is var elapsed && elapsed < grace
            && (links.Any(link => link.StreamCount > 0 && link.State != LinkState.Closed) || (elapsed < NoticePatience && !heard.TrueForAll(isHeard => isHeard()))))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time);
        }

        await Task.WhenAll(links.Select(link => link.CloseAsync(TunnelCode.Shutdown, "The client stopped.").AsTask()));

        // A fault of the run is told by Completion; what is stopped is stopped all the same.
        await Task.WhenAny(_running);
    }

    /// <summary>Ends every link at once, whatever is in flight, and waits until the edges have heard it. Nothing is dialled in their place.</summary>
    internal async Task EndLinksAsync()
    {
        var links = LiveLinks().Union(Volatile.Read(ref _stopped));
        var ending = Task.WhenAll(links.Select(link => link.CloseAsync(TunnelCode.Shutdown, "The client was stopped at once.").AsTask()));
        await _stopping.CancelAsync();
        await ending;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        _stopping.Dispose();
    }

    /// <summary>
    /// Whether the edge knows by now that a link is left: it has answered a question that was put after the notice. A stream that it opened before is here then, or will be at any moment.
    /// </summary>
    private static Func<bool> HeardOf(ILink link)
    {
        var before = link.Vitals;
        var answers = before.Answers + (before.Unanswered is null ? 1 : 2);
        return () =>
        {
            link.MeasureRoundTrip();
            return link.State == LinkState.Closed || link.Vitals.Answers >= answers;
        };
    }

    /// <summary>
    /// Where one link came up, others will: those that wait because the edge could not be reached try again one after another, a little apart, in place of after up to a minute.
    /// </summary>
    private void Attach(Action<ILink> attach, ILink link)
    {
        attach(link);
        var woken = 0;
        foreach (var slot in _slots)
        {
            woken += slot.Wake(_options.Spacing * (woken + 0.5 + (0.5 * Random.Shared.NextDouble()))) ? 1 : 0;
        }
    }

    private async Task<ILink> DialAsync(Func<LinkAttempt, CancellationToken, Task<ILink>> dial, LinkAttempt attempt, CancellationToken cancellationToken)
    {
        try
        {
            return await dial(attempt, cancellationToken);
        }
        catch (Exception failure)
        {
            Volatile.Write(ref _failures[attempt.Slot], failure.Message);
            throw;
        }
    }

    private bool AnyIsUp() => Array.Exists(_slots, slot => slot.Link is { State: LinkState.Active });

    private ILink[] LiveLinks() => [.. _slots.SelectMany(slot => slot.Links)];

    private async Task LookAfterAsync(ILinkCare care, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(_options.CareStep, _time, cancellationToken);
                try
                {
                    await care.StepAsync(cancellationToken);
                }
                catch (Exception unforeseen) when (unforeseen is not OperationCanceledException)
                {
                    // Links go on without it, and the next step may do better.
                    LinkingLog.CareFailed(_logger, unforeseen, care.GetType().Name);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The supervisor stops.
        }
    }

    private async Task<LinkRefusedException?> RunAsync()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var caring = Task.WhenAll(_cares.Select(care => LookAfterAsync(care, giveUp.Token)));
        var running = new List<Task<LinkRefusedException?>>();
        try
        {
            foreach (var slot in _slots)
            {
                running.Add(slot.RunAsync(giveUp.Token));
                await Task.WhenAny(slot.Registered, Task.WhenAny(running));
                if (giveUp.IsCancellationRequested || running.Exists(task => task.IsCompleted))
                {
                    break;
                }

                await Task.WhenAny(Task.Delay(_options.Spacing, _time, giveUp.Token), Task.WhenAny(running));
            }

            // A refusal for good holds for all links: token, certificate and tunnel are the same. (What one node merely does not know is not for good while another one serves: see LinkSlot.)
            return await await Task.WhenAny(running);
        }
        finally
        {
            await GiveUpAsync(giveUp, [.. running, caring]);
        }
    }

    /// <summary>Whatever ended the run, a fault included, ends all of it: nothing goes on dialling for a client that has given up.</summary>
    private async Task GiveUpAsync(CancellationTokenSource giveUp, Task[] parts)
    {
        // After a stop, links end when their streams have.
        var links = _stopping.IsCancellationRequested ? [] : LiveLinks();
        await giveUp.CancelAsync();
        await Task.WhenAny(Task.WhenAll(parts));
        await Task.WhenAll(links.Select(link => link.CloseAsync(TunnelCode.Shutdown, "The client gave up.").AsTask()));
    }
}
