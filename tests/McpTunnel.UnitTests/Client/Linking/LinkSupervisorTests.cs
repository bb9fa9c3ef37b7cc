using McpTunnel.Client.Linking;
using McpTunnel.Client.Linking.Choice;
using McpTunnel.Client.Telemetry;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking;

[CancelAfter(30_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LinkSupervisorTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<(int Index, long Generation)> _dials = [];
    private readonly List<LinkPair> _pairs = [];
    private readonly CarrierChoice _choice;
    private readonly LadderDialer _ladder;
    private HashSet<Carrier> _blocked = [];
    private int _boundToAddress;
    private Func<int, Exception?> _refuse = _ => null;

    public LinkSupervisorTests()
    {
        _choice = new CarrierChoice(new CarrierChoiceOptions { Rungs = [Carrier.Quic, Carrier.Tls] }, _time);
        _ladder = new LadderDialer(_choice, DialAsync);
    }

    [TearDown]
    public async Task CloseLinks()
    {
        foreach (var pair in _pairs)
        {
            await pair.DisposeAsync();
        }
    }

    [Test]
    public async Task Start_brings_the_first_link_up_before_the_others_one_second_apart()
    {
        await using var supervisor = Start(links: 3);
        await supervisor.FirstRegistered;
        Assert.That(DialCount, Is.EqualTo(1));

        await AdvanceUntilAsync(() => DialCount == 3, most: TimeSpan.FromSeconds(4));

        await EventuallyAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up));
        Assert.That(_dials.Select(dial => dial.Index), Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [Test]
    public async Task Lost_link_comes_back_with_a_higher_generation()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;

        await _pairs[0].Edge.CloseAsync(TunnelCode.Shutdown, "edge restarts");
        await AdvanceUntilAsync(() => DialCount == 2, most: TimeSpan.FromSeconds(2));

        Assert.That(_dials, Is.EqualTo(new[] { (0, 1L), (0, 2L) }));
        await EventuallyAsync(() => supervisor.Links[0].State == LinkSlotState.Up);
    }

    [Test]
    public async Task Refusal_for_good_stops_every_link_and_says_why()
    {
        _refuse = _ => new LinkRefusedException("token_revoked", retryable: false, null, "Make a new token.");
        await using var supervisor = Start(links: 4);

        var refusal = await supervisor.Completion;

        Assert.That((refusal!.Code, DialCount), Is.EqualTo(((TunnelCode?)TunnelCode.TokenRevoked, 1)));
        Assert.That(supervisor.Links[0].State, Is.EqualTo(LinkSlotState.Refused));
    }

    [Test]
    public async Task Refusal_for_longer_than_a_timer_runs_is_tried_again_a_day_later()
    {
        _refuse = _ => new LinkRefusedException("edge_overloaded", retryable: true, TimeSpan.FromSeconds(int.MaxValue), "Come back in 68 years.");
        await using var supervisor = Start(links: 1);
        await EventuallyAsync(() => supervisor.Links[0].State == LinkSlotState.Waiting);

        _refuse = _ => null;
        await AdvanceUntilAsync(() => DialCount == 2, most: TimeSpan.FromHours(25));

        Assert.That((DialCount, supervisor.Completion.IsCompleted), Is.EqualTo((2, false)));
    }

    [Test]
    public async Task Link_whose_place_another_process_took_is_tried_again_and_harms_no_other()
    {
        await using var supervisor = Start(links: 2);
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromSeconds(3));
        _refuse = _ => new LinkRefusedException("replaced", retryable: false, null, "Generation 1000 is registered already.");

        await _pairs[0].Edge.CloseAsync(TunnelCode.Replaced, "Another one took its place.");
        await AdvanceUntilAsync(() => DialCount >= 4, most: TimeSpan.FromMinutes(5));
        Assert.That((supervisor.Links[1].State, supervisor.Completion.IsCompleted), Is.EqualTo((LinkSlotState.Up, false)));

        _refuse = _ => null;
        await AdvanceUntilAsync(() => supervisor.Links[0].State == LinkSlotState.Up, most: TimeSpan.FromMinutes(2));
        Assert.That(supervisor.Links[0].State, Is.EqualTo(LinkSlotState.Up));
    }

    [Test]
    public async Task Revocation_of_a_live_link_stops_for_good()
    {
        await using var supervisor = Start(links: 2);
        await supervisor.FirstRegistered;
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromSeconds(3));

        await _pairs[0].Edge.CloseAsync(TunnelCode.TokenRevoked, "Revoked by an administrator.");

        Assert.That((await supervisor.Completion)!.Code, Is.EqualTo(TunnelCode.TokenRevoked));
        Assert.That((await _pairs[1].Edge.Closed).ByPeer, Is.True);
    }

    [Test]
    public async Task F11_edge_away_for_ten_minutes_is_found_again_within_the_cap()
    {
        _refuse = _ => new LinkConnectException("down");
        await using var supervisor = Start(links: 1);
        await AdvanceUntilAsync(() => false, most: TimeSpan.FromMinutes(10));
        var attempts = DialCount;
        Assert.That(attempts, Is.InRange(10, 200), "neither silent nor hammering");

        _refuse = _ => null;
        await AdvanceUntilAsync(() => supervisor.FirstRegistered.IsCompleted, most: TimeSpan.FromSeconds(61));

        Assert.That(supervisor.FirstRegistered.IsCompleted, Is.True);
    }

    [Test]
    public async Task F11_client_that_slept_for_hours_has_its_links_back_within_the_cap_and_no_burst_of_dials()
    {
        await using var supervisor = Start(links: 2);
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromSeconds(3));

        // Asleep: no timer runs, then all that are due do at once; the edge has given the links up.
        _time.Advance(TimeSpan.FromHours(8));
        foreach (var pair in _pairs.ToList())
        {
            await pair.Edge.CloseAsync(TunnelCode.PeerDead, "Nothing received.");
        }

        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up) && DialCount >= 4, most: TimeSpan.FromSeconds(61));

        Assert.That((DialCount, supervisor.Links.All(link => link.State == LinkSlotState.Up)), Is.EqualTo((4, true)));
    }

    [Test]
    public async Task F27_token_that_ended_while_the_client_slept_stops_it_with_the_reason_and_no_loop()
    {
        await using var supervisor = Start(links: 4);
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromSeconds(5));
        _refuse = _ => new LinkRefusedException("token_expired", retryable: false, null, "The token expired. Issue a new one.");
        _time.Advance(TimeSpan.FromDays(3));

        await _pairs[2].Edge.CloseAsync(TunnelCode.PeerDead, "Nothing received.");
        await AdvanceUntilAsync(() => supervisor.Completion.IsCompleted, most: TimeSpan.FromMinutes(2));
        var dials = DialCount;
        for (var i = 0; i < 60; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(1);
        }

        Assert.That((await supervisor.Completion)!.Code, Is.EqualTo(TunnelCode.TokenExpired));
        Assert.That(DialCount, Is.EqualTo(dials), "nothing is dialled any more");
        Assert.That(supervisor.Links.Count(link => link.State == LinkSlotState.Refused), Is.GreaterThanOrEqualTo(1));
    }

    [Test]
    public async Task F26_time_named_with_a_refusal_is_kept_and_waits_differ_beyond_it()
    {
        _refuse = _ => new LinkRefusedException("edge_overloaded", retryable: true, TimeSpan.FromSeconds(30), "Later.");
        var waits = new HashSet<TimeSpan>();
        for (var i = 0; i < 8; i++)
        {
            await using var supervisor = Start(links: 1);
            await EventuallyAsync(() => supervisor.Links[0].State == LinkSlotState.Waiting);
            waits.Add(supervisor.Links[0].NextAttempt!.Value - _time.GetUtcNow());
        }

        Assert.That(waits, Is.All.InRange(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(31)));
        Assert.That(waits, Has.Count.GreaterThan(1));
    }

    [Test]
    public async Task Waits_start_over_only_after_a_link_that_lived_for_a_minute()
    {
        _refuse = _ => new LinkConnectException("down");
        await using var supervisor = Start(links: 1);
        await AdvanceUntilAsync(() => DialCount >= 8, most: TimeSpan.FromMinutes(10));
        _refuse = _ => null;
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
            _pairs[^1].Edge.BeginDrain(TunnelCode.EdgeDraining, "maintenance", new DrainNotice(TimeSpan.Zero, TimeSpan.Zero, "maintenance"));
            _time.Advance(TimeSpan.FromSeconds(0.5));
            await Task.Delay(10);
        }

        Assert.That(DialCount, Is.InRange(5, 25), "four at once, then with waits");
    }

    [Test]
    public async Task F17_thousand_failed_dials_hold_nothing()
    {
        _refuse = _ => new LinkConnectException("down");
        await using var supervisor = Start(links: 1, new LinkSupervisorOptions { Links = 1, FirstWait = TimeSpan.FromMilliseconds(10), LongestWait = TimeSpan.FromMilliseconds(10) });
        await AdvanceUntilAsync(() => DialCount >= 100, most: TimeSpan.FromMinutes(1));
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await AdvanceUntilAsync(() => DialCount >= 1100, most: TimeSpan.FromMinutes(5));

        Assert.That(DialCount, Is.GreaterThanOrEqualTo(1100));
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(1024 * 1024));
    }

    [Test]
    public async Task Drain_brings_a_replacement_up_while_the_old_link_serves_its_streams()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;
        var (edge, client) = await _pairs[0].OpenAsync();

        _pairs[0].Edge.BeginDrain(TunnelCode.EdgeDraining, "maintenance");
        await AdvanceUntilAsync(() => DialCount == 2, most: TimeSpan.FromSeconds(2));
        await edge.Output.WriteAsync("still here"u8.ToArray());

        Assert.That((await client.Input.ReadAsync()).Buffer.Length, Is.EqualTo(10));
    }

    [Test]
    public async Task F12_blocked_carrier_is_left_and_taken_again_with_the_new_link_first()
    {
        _blocked = [Carrier.Quic];
        await using var supervisor = Start(links: 2);
        await supervisor.FirstRegistered;
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.Carrier == "tls"), most: TimeSpan.FromSeconds(5));
        var (edge, client) = await _pairs[0].OpenAsync();

        _blocked = [];
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.Carrier == "quic"), most: TimeSpan.FromMinutes(5));
        await AdvanceUntilAsync(() => supervisor.Links.Sum(link => link.Leaving) == 1, most: TimeSpan.FromSeconds(20));

        Assert.Multiple(() =>
        {
            Assert.That(supervisor.Links.Select(link => link.Carrier), Is.All.EqualTo("quic"));
            Assert.That(supervisor.Carrier.Reason, Is.EqualTo("quic works again"));
            Assert.That(_pairs[0].Edge.State, Is.EqualTo(LinkState.Draining), "no new streams on the link that is left");
            Assert.That(supervisor.Links.Sum(link => link.Leaving), Is.EqualTo(1), "the one with a stream; the other was left at once");
        });
        await edge.Output.WriteAsync("still here"u8.ToArray());
        Assert.That((await client.Input.ReadAsync()).Buffer.Length, Is.EqualTo(10));

        await edge.Output.CompleteAsync();
        await client.Output.CompleteAsync();
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.Leaving == 0), most: TimeSpan.FromSeconds(20));
        Assert.That(_pairs[0].Edge.Closed.IsCompleted, Is.True);
    }

    [Test]
    public async Task Link_that_still_finishes_what_is_in_flight_keeps_its_index_however_often_the_slot_moves()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;
        var moved = new List<int>();
        for (var move = 0; move < 4; move++)
        {
            await _pairs[move].OpenAsync();
            moved.Add(await supervisor.RenewAsync("the token changed", CancellationToken.None));
        }

        Assert.Multiple(() =>
        {
            Assert.That(_dials.Select(dial => dial.Index), Is.EqualTo(new[] { 0, 1, 2, 3 }), "an edge ends the link whose index comes again");
            Assert.That(moved, Is.EqualTo(new[] { 1, 1, 1, 0 }), "with every place taken by a link that is left, the last one stays");
            Assert.That(supervisor.Links[0].Leaving, Is.EqualTo(3));
        });
    }

    [Test]
    public async Task Dial_that_fails_in_a_way_nobody_thought_of_is_followed_by_another()
    {
        _refuse = _ => DialCount < 3 ? new InvalidOperationException("unforeseen") : null;
        await using var supervisor = Start(links: 1);

        await AdvanceUntilAsync(() => supervisor.FirstRegistered.IsCompleted, most: TimeSpan.FromMinutes(2));

        Assert.That((supervisor.Links[0].State, DialCount, supervisor.Links[0].LastError), Is.EqualTo((LinkSlotState.Up, 3, "unforeseen")));
    }

    [Test]
    public async Task Successor_of_a_link_that_is_left_has_another_index_and_of_one_that_broke_the_same()
    {
        await using var supervisor = Start(links: 2);
        await supervisor.FirstRegistered;
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromSeconds(3));

        var moved = await supervisor.RenewAsync("the token changed", CancellationToken.None);
        await _pairs[2].Edge.CloseAsync(TunnelCode.Shutdown, "edge restarts");
        await AdvanceUntilAsync(() => DialCount == 5, most: TimeSpan.FromSeconds(3));

        Assert.That(moved, Is.EqualTo(2));
        Assert.That(_dials, Is.EqualTo(new[] { (0, 1L), (1, 1L), (2, 2L), (3, 2L), (2, 3L) }));
    }

    [Test]
    public async Task Links_that_are_all_down_have_none_to_spread()
    {
        _refuse = _ => new LinkConnectException("down");
        await using var supervisor = Start(links: 1, new LinkSupervisorOptions { Links = 1, IsUneven = () => true, SpreadEvery = TimeSpan.FromSeconds(1) });
        await AdvanceUntilAsync(() => DialCount >= 3, most: TimeSpan.FromMinutes(2));

        _refuse = _ => null;
        await AdvanceUntilAsync(() => _dials.Any(dial => dial.Index == 1), most: TimeSpan.FromMinutes(2));

        Assert.That(_dials.Select(dial => dial.Index), Does.Contain(1), "once a link is up it is spread again");
        Assert.That(_boundToAddress, Is.EqualTo(_dials.Count(dial => dial.Index == 1)), "at another address than the better one it would be no gain");
    }

    [Test]
    public async Task Move_that_fails_leaves_the_link_as_it_is()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;
        _refuse = _ => new LinkConnectException("down");

        var moved = await supervisor.RenewAsync("the token changed", CancellationToken.None);

        Assert.That((moved, supervisor.Links[0].State, _pairs[0].Edge.State), Is.EqualTo((0, LinkSlotState.Up, LinkState.Active)));
    }

    [Test]
    public async Task Reconnects_are_counted_by_why_and_dials_by_outcome()
    {
        using var reading = new MeterReading(ClientMetrics.MeterName);
        _blocked = [Carrier.Quic];
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;
        Assert.That(reading.Sum("mcptunnel.client.links.reconnects"), Is.Zero, "the first one is none");

        await supervisor.RenewAsync("the token changed", CancellationToken.None);
        _pairs[1].Edge.BeginDrain(TunnelCode.EdgeDraining, "maintenance");
        await AdvanceUntilAsync(() => DialCount == 3 && supervisor.Links[0].State == LinkSlotState.Up, most: TimeSpan.FromSeconds(3));
        var failures = new Queue<Exception>(
        [
            new LinkRefusedException("rate_limited", retryable: true, TimeSpan.Zero, "slowly"),
            new LinkRefusedException("a_code_of_the_future", retryable: true, TimeSpan.Zero, "perhaps"),
            new LinkConnectException("down") { Fault = LinkConnectFault.NameNotResolved },
        ]);
        _refuse = _ => failures.TryDequeue(out var failure) ? failure : null;
        await _pairs[2].Edge.CloseAsync(TunnelCode.Shutdown, "edge restarts");
        await AdvanceUntilAsync(() => DialCount == 7 && supervisor.Links[0].State == LinkSlotState.Up, most: TimeSpan.FromSeconds(60));

        Assert.Multiple(() =>
        {
            foreach (var reason in new[] { "move", "drain", "shutdown", "rate_limited", "unknown_code", "name_not_resolved" })
            {
                Assert.That(reading.Sum("mcptunnel.client.links.reconnects", reason), Is.EqualTo(1), reason);
            }

            Assert.That(reading.Sum("mcptunnel.client.links.reconnects"), Is.EqualTo(6), "and nothing else");
            Assert.That(reading.Sum("mcptunnel.client.link.dials", "up"), Is.EqualTo(4));
            Assert.That(reading.Sum("mcptunnel.client.link.dials", "rate_limited"), Is.EqualTo(1));
            Assert.That(reading.Sum("mcptunnel.client.link.dials", "unknown_code"), Is.EqualTo(1));
            Assert.That(reading.Sum("mcptunnel.client.link.dials", "name_not_resolved"), Is.EqualTo(1));
            Assert.That(reading.Sum("mcptunnel.client.link.dials", "quic"), Is.GreaterThanOrEqualTo(1), "the blocked one was tried");
        });
    }

    [Test]
    public async Task Last_error_stays_with_its_age_when_the_link_is_up_again()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;
        Assert.That((supervisor.Links[0].LastError, supervisor.Links[0].LastErrorAgeSeconds), Is.EqualTo(((string?)null, (long?)null)));

        await _pairs[0].Edge.CloseAsync(TunnelCode.Shutdown, "edge restarts");
        await AdvanceUntilAsync(() => DialCount == 2, most: TimeSpan.FromSeconds(2));
        await EventuallyAsync(() => supervisor.Links[0].State == LinkSlotState.Up);
        _time.Advance(TimeSpan.FromMinutes(3));

        var link = supervisor.Links[0];
        Assert.That((link.LastError, link.Attempts), Is.EqualTo(("shutdown: shutdown: edge restarts", 2L)));
        Assert.That(link.LastErrorAgeSeconds, Is.InRange(180, 183));
        Assert.That(link.AgeSeconds, Is.InRange(180, link.LastErrorAgeSeconds), "the link is younger than what ended the one before");
        Assert.That(link.LastErrorAt, Is.Not.Null);
    }

    [Test]
    public async Task StopAsync_lets_streams_finish_within_the_grace()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;
        var (edge, client) = await _pairs[0].OpenAsync();

        var stopping = supervisor.StopAsync(TimeSpan.FromSeconds(10));
        await EventuallyAsync(() => _pairs[0].Edge.State == LinkState.Draining);
        Assert.That(stopping.IsCompleted, Is.False);
        await client.Output.CompleteAsync();
        await edge.Output.CompleteAsync();
        await AdvanceUntilAsync(() => stopping.IsCompleted, most: TimeSpan.FromSeconds(2));

        Assert.That((await _pairs[0].Edge.Closed).Code, Is.EqualTo(TunnelCode.Shutdown));
    }

    /// <summary>Whether one of some links that broke after a time was waited for longer than the first ceiling.</summary>
    private async Task<bool> LongestWaitAfterAsync(LinkSupervisor supervisor, TimeSpan lived)
    {
        var longer = false;
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(lived);
            await _pairs[^1].Edge.CloseAsync(TunnelCode.Shutdown, "edge restarts");
            await EventuallyAsync(() => supervisor.Links[0].State == LinkSlotState.Waiting);
            var wait = supervisor.Links[0].NextAttempt!.Value - _time.GetUtcNow();
            longer |= wait > TimeSpan.FromSeconds(1);
            var before = _pairs.Count;
            while (_pairs.Count == before || supervisor.Links[0].State != LinkSlotState.Up)
            {
                _time.Advance(wait);
                await Task.Delay(1);
            }
        }

        return longer;
    }

    private int DialCount
    {
        get
        {
            lock (_dials)
            {
                return _dials.Count;
            }
        }
    }

    private LinkSupervisor Start(int links, LinkSupervisorOptions? options = null)
    {
        var supervisor = new LinkSupervisor(
            DialAsync, _ => { }, _choice, options ?? new LinkSupervisorOptions { Links = links }, _time, NullLoggerFactory.Instance);
        supervisor.Start();
        return supervisor;
    }

    private Task<ILink> DialAsync(LinkAttempt attempt, CancellationToken cancellationToken) => _ladder.DialAsync(attempt, cancellationToken);

    private async Task<ILink> DialAsync(Carrier carrier, LinkAttempt attempt, bool anotherFollows, CancellationToken cancellationToken)
    {
        if (_blocked.Contains(carrier))
        {
            throw new LinkConnectException($"{carrier} is blocked");
        }

        lock (_dials)
        {
            _dials.Add((attempt.Index, attempt.Generation));
            _boundToAddress += attempt.BestAddressOnly ? 1 : 0;
        }

        if (_refuse(attempt.Index) is { } refusal)
        {
            throw refusal;
        }

        var pair = await LinkPair.CreateAsync(hello: LinkPair.Hello(attempt.Index, attempt.Generation), carrier: carrier);
        _pairs.Add(pair);
        return pair.Client;
    }

    private async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan most)
    {
        var step = TimeSpan.FromTicks(Math.Max(most.Ticks / 2000, TimeSpan.FromMilliseconds(10).Ticks));
        for (var passed = TimeSpan.Zero; passed < most && !condition(); passed += step)
        {
            _time.Advance(step);
            await Task.Delay(1);
        }
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5);
        }
    }
}
