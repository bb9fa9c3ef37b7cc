using McpTunnel.Client.Linking;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.Transport;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking;

/// <summary>How a link that ended or did not come up comes back, and when.</summary>
[CancelAfter(30_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LinkReconnectTests : LinkSupervisorTestBase
{
    [Test]
    public async Task Lost_link_comes_back_with_a_higher_generation()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;

        await Pairs[0].Edge.CloseAsync(TunnelCode.Shutdown, "edge restarts");
        await AdvanceUntilAsync(() => DialCount == 2, most: TimeSpan.FromSeconds(2));

        Assert.That(Dials, Is.EqualTo(new[] { (0, 1L), (0, 2L) }));
        await EventuallyAsync(() => supervisor.Links[0].State == LinkSlotState.Up);
    }

    [Test]
    public async Task Refusal_for_68_years_is_tried_again_after_ten_minutes()
    {
        Refuse = _ => new LinkRefusedException("edge_overloaded", retryable: true, TimeSpan.FromSeconds(int.MaxValue), "Come back in 68 years.");
        await using var supervisor = Start(links: 1);
        await EventuallyAsync(() => supervisor.Links[0].State == LinkSlotState.Waiting);

        var wait = supervisor.Links[0].NextAttempt!.Value - Time.GetUtcNow();
        Refuse = _ => null;
        await AdvanceUntilAsync(() => DialCount == 2, most: TimeSpan.FromMinutes(11));

        Assert.That(wait, Is.InRange(LinkSlot.LongestRefusal, LinkSlot.LongestRefusal + TimeSpan.FromSeconds(1)));
        Assert.That((DialCount, supervisor.Completion.IsCompleted), Is.EqualTo((2, false)));
    }

    [Test]
    public async Task Link_whose_place_another_process_took_is_tried_again_and_harms_no_other()
    {
        await using var supervisor = Start(links: 2);
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromSeconds(3));
        Refuse = _ => new LinkRefusedException("replaced", retryable: false, null, "Generation 1000 is registered already.");

        await Pairs[0].Edge.CloseAsync(TunnelCode.Replaced, "Another one took its place.");
        await AdvanceUntilAsync(() => DialCount >= 4, most: TimeSpan.FromMinutes(5));
        Assert.That((supervisor.Links[1].State, supervisor.Completion.IsCompleted), Is.EqualTo((LinkSlotState.Up, false)));

        Refuse = _ => null;
        await AdvanceUntilAsync(() => supervisor.Links[0].State == LinkSlotState.Up, most: TimeSpan.FromMinutes(2));
        Assert.That(supervisor.Links[0].State, Is.EqualTo(LinkSlotState.Up));
    }

    [Test]
    public async Task F11_edge_away_for_ten_minutes_is_found_again_within_the_cap()
    {
        Refuse = _ => new LinkConnectException("down");
        await using var supervisor = Start(links: 1);
        await AdvanceUntilAsync(() => false, most: TimeSpan.FromMinutes(10));
        var attempts = DialCount;
        Assert.That(attempts, Is.InRange(10, 200), "neither silent nor hammering");

        Refuse = _ => null;
        await AdvanceUntilAsync(() => supervisor.FirstRegistered.IsCompleted, most: TimeSpan.FromSeconds(61));

        Assert.That(supervisor.FirstRegistered.IsCompleted, Is.True);
    }

    [Test]
    public async Task F11_client_that_slept_for_hours_has_its_links_back_within_the_cap_and_no_burst_of_dials()
    {
        await using var supervisor = Start(links: 2);
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromSeconds(3));

        // Asleep: no timer runs, then all that are due do at once; the edge has given the links up.
        Time.Advance(TimeSpan.FromHours(8));
        foreach (var pair in Pairs.ToList())
        {
            await pair.Edge.CloseAsync(TunnelCode.PeerDead, "Nothing received.");
        }

        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up) && DialCount >= 4, most: TimeSpan.FromSeconds(61));

        Assert.That((DialCount, supervisor.Links.All(link => link.State == LinkSlotState.Up)), Is.EqualTo((4, true)));
    }

    [Test]
    public async Task F11_one_link_that_comes_up_brings_the_others_that_wait_for_the_edge_back_a_second_apart()
    {
        await using var supervisor = Start(links: 4);
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromSeconds(5));
        Refuse = _ => new LinkConnectException("down");
        foreach (var pair in Pairs.ToList())
        {
            await pair.Edge.CloseAsync(TunnelCode.Shutdown, "edge restarts");
        }

        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.Attempts > 6), most: TimeSpan.FromMinutes(10));

        Refuse = _ => null;
        await AdvanceUntilAsync(() => supervisor.Links.Any(link => link.State == LinkSlotState.Up), most: TimeSpan.FromMinutes(2));
        var found = Time.GetUtcNow();

        // The clock stands still.
        await Eventually.ThatAsync(
            () => supervisor.Links.Where(link => link.State == LinkSlotState.Waiting).All(link => link.NextAttempt - found <= TimeSpan.FromSeconds(3.1)), "none waits for its own time any more");
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromSeconds(4));

        await Eventually.ThatAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), "all are up");
    }

    [Test]
    public async Task F26_time_named_with_a_refusal_is_kept_and_waits_differ_beyond_it()
    {
        Refuse = _ => new LinkRefusedException("edge_overloaded", retryable: true, TimeSpan.FromSeconds(30), "Later.");
        var waits = new HashSet<TimeSpan>();
        for (var i = 0; i < 8; i++)
        {
            await using var supervisor = Start(links: 1);
            await EventuallyAsync(() => supervisor.Links[0].State == LinkSlotState.Waiting);
            waits.Add(supervisor.Links[0].NextAttempt!.Value - Time.GetUtcNow());
        }

        Assert.That(waits, Is.All.InRange(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(31)));
        Assert.That(waits, Has.Count.GreaterThan(1));
    }

    [Test]
    public async Task Waits_start_over_only_after_a_link_that_lived_for_a_minute()
    {
        Refuse = _ => new LinkConnectException("down");
        await using var supervisor = Start(links: 1);
        await AdvanceUntilAsync(() => DialCount >= 8, most: TimeSpan.FromMinutes(10));
        Refuse = _ => null;
        await AdvanceUntilAsync(() => supervisor.Links[0].State == LinkSlotState.Up, most: TimeSpan.FromMinutes(10));

        var brief = await LongestWaitAfterAsync(supervisor, lived: TimeSpan.FromSeconds(50));
        var stable = await LongestWaitAfterAsync(supervisor, lived: TimeSpan.FromSeconds(61));

        Assert.That((brief, stable), Is.EqualTo((true, false)), "one of twenty waits longer than the first ceiling, and none");
    }

    [Test]
    public async Task Node_that_welcomes_and_asks_to_leave_again_and_again_is_not_followed_without_waits()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;

        for (var i = 0; i < 60; i++)
        {
            Pairs[^1].Edge.BeginDrain(TunnelCode.EdgeDraining, "maintenance", new DrainNotice(TimeSpan.Zero, TimeSpan.Zero, "maintenance"));
            Time.Advance(TimeSpan.FromSeconds(0.5));
            await Task.Delay(10);
        }

        Assert.That(DialCount, Is.InRange(5, 25), "four at once, then with waits");
    }

    [Test]
    public async Task Edge_that_asks_to_come_back_in_a_day_has_a_new_link_within_minutes()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;

        Pairs[0].Edge.BeginDrain(TunnelCode.EdgeDraining, "maintenance", new DrainNotice(TimeSpan.FromDays(1), TimeSpan.Zero, "maintenance"));
        await EventuallyAsync(() => supervisor.Links[0].NextAttempt is not null);
        var wait = supervisor.Links[0].NextAttempt!.Value - Time.GetUtcNow();
        await AdvanceUntilAsync(() => DialCount == 2, most: TimeSpan.FromMinutes(6));

        Assert.That((wait, DialCount), Is.EqualTo((LinkSlot.LongestSpread, 2)));
    }

    [Test]
    public async Task F17_thousand_failed_dials_hold_nothing()
    {
        Refuse = _ => new LinkConnectException("down");
        await using var supervisor = Start(links: 1, new LinkSupervisorOptions { Links = 1, FirstWait = TimeSpan.FromMilliseconds(10), LongestWait = TimeSpan.FromMilliseconds(10) });
        await AdvanceUntilAsync(() => DialCount >= 100, most: TimeSpan.FromMinutes(1));
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await AdvanceUntilAsync(() => DialCount >= 1100, most: TimeSpan.FromMinutes(5));

        Assert.That(DialCount, Is.GreaterThanOrEqualTo(1100));
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(1024 * 1024));
    }

    [Test]
    public async Task Dial_that_fails_in_a_way_nobody_thought_of_is_followed_by_another()
    {
        Refuse = _ => DialCount < 3 ? new InvalidOperationException("unforeseen") : null;
        await using var supervisor = Start(links: 1);

        await AdvanceUntilAsync(() => supervisor.FirstRegistered.IsCompleted, most: TimeSpan.FromMinutes(2));

        Assert.That((supervisor.Links[0].State, DialCount, supervisor.Links[0].LastError), Is.EqualTo((LinkSlotState.Up, 3, "unforeseen")));
    }

    /// <summary>Whether one of some links that broke after a time was waited for longer than the first ceiling.</summary>
    private async Task<bool> LongestWaitAfterAsync(LinkSupervisor supervisor, TimeSpan lived)
    {
        var longer = false;
        for (var i = 0; i < 20; i++)
        {
            Time.Advance(lived);
            await Pairs[^1].Edge.CloseAsync(TunnelCode.Shutdown, "edge restarts");
            await EventuallyAsync(() => supervisor.Links[0].State == LinkSlotState.Waiting);
            var wait = supervisor.Links[0].NextAttempt!.Value - Time.GetUtcNow();
            longer |= wait > TimeSpan.FromSeconds(1);
            var before = Pairs.Count;
            while (Pairs.Count == before || supervisor.Links[0].State != LinkSlotState.Up)
            {
                Time.Advance(wait);
                await Task.Delay(1);
            }
        }

        return longer;
    }
}
