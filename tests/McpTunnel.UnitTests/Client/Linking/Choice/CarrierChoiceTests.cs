using McpTunnel.Client.Linking.Choice;
using McpTunnel.Transport;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking.Choice;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CarrierChoiceTests
{
    private static readonly Carrier[] All = [Carrier.Quic, Carrier.Tls, Carrier.Websocket];

    private readonly FakeTimeProvider _time = new();

    [Test]
    public void Begins_with_the_first_rung()
    {
        var choice = NewChoice(All);

        Assert.That((choice.Current, choice.Report.Reason, choice.Report.NextProbe), Is.EqualTo((Carrier.Quic, "the first choice of quic, tls, websocket", (DateTimeOffset?)null)));
        Assert.That(choice.Plan(), Is.EqualTo(All));
    }

    [Test]
    public void Begins_with_the_rung_that_worked_last_and_probes_the_better_ones()
    {
        var choice = new CarrierChoice(new CarrierChoiceOptions { Rungs = All, LastGood = Carrier.Websocket }, _time);
        Assert.That(choice.Plan(), Is.EqualTo(new[] { Carrier.Websocket, Carrier.Quic, Carrier.Tls }));

        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.That(choice.TakeProbe(), Is.EqualTo(new[] { Carrier.Quic, Carrier.Tls }));
    }

    [Test]
    public void LastGood_that_is_not_allowed_any_more_counts_for_nothing()
    {
        var choice = new CarrierChoice(new CarrierChoiceOptions { Rungs = [Carrier.Tls], LastGood = Carrier.Quic }, _time);

        Assert.That(choice.Current, Is.EqualTo(Carrier.Tls));
    }

    [Test]
    public void Steps_down_only_when_the_current_rung_failed_and_a_lower_one_works()
    {
        var choice = NewChoice(All);

        choice.Failed(Carrier.Quic, "no answer");
        var afterFailure = choice.Current;
        choice.Worked(Carrier.Tls);

        Assert.That((afterFailure, choice.Current), Is.EqualTo((Carrier.Quic, Carrier.Tls)));
        Assert.That(choice.Report.Reason, Is.EqualTo("quic did not come up: no answer"));
    }

    [Test]
    public void Stays_when_everything_is_down()
    {
        var choice = NewChoice(All);

        foreach (var carrier in All)
        {
            choice.Failed(carrier, "down");
        }

        Assert.That((choice.Current, choice.Report.Rungs.Select(rung => rung.Problem)), Is.EqualTo((Carrier.Quic, new[] { "down", "down", "down" })));
    }

    [Test]
    public void Lower_rung_that_works_moves_nothing_while_the_current_one_works_too()
    {
        var choice = NewChoice(All);
        choice.Failed(Carrier.Quic, "a moment's trouble");
        choice.Worked(Carrier.Quic);

        choice.Worked(Carrier.Tls);

        Assert.That(choice.Current, Is.EqualTo(Carrier.Quic));
    }

    [Test]
    public void F12_steps_up_when_a_probe_works()
    {
        var choice = NewChoice(All);
        choice.Failed(Carrier.Quic, "blocked");
        choice.Worked(Carrier.Tls);

        _time.Advance(TimeSpan.FromSeconds(30));
        var probe = choice.TakeProbe();
        choice.Worked(Carrier.Quic);

        Assert.That(probe, Is.EqualTo(new[] { Carrier.Quic }));
        Assert.That((choice.Current, choice.Report.Reason, choice.Report.NextProbe), Is.EqualTo((Carrier.Quic, "quic works again", (DateTimeOffset?)null)));
    }

    [Test]
    public void Probes_come_after_30_s_then_less_often_and_at_least_every_5_minutes()
    {
        var choice = NewChoice([Carrier.Quic, Carrier.Tls]);
        choice.Failed(Carrier.Quic, "blocked");
        choice.Worked(Carrier.Tls);
        var start = _time.GetUtcNow();
        var probes = new List<double>();
        while (probes.Count < 6)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            if (choice.TakeProbe().Count > 0)
            {
                choice.Failed(Carrier.Quic, "blocked");
                probes.Add((_time.GetUtcNow() - start).TotalSeconds);
            }
        }

        Assert.That(probes, Is.EqualTo(new[] { 30.0, 90, 210, 450, 750, 1050 }));
    }

    [Test]
    public void F9_collapse_steps_down_and_holds_the_rung_longer_each_time()
    {
        var choice = NewChoice([Carrier.Quic, Carrier.Tls]);
        var holds = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            Assert.That(choice.Collapsed(Carrier.Quic, "12 KB/s"), Is.True);
            var collapsed = _time.GetUtcNow();
            while (choice.TakeProbe().Count == 0)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
            }

            holds.Add(Math.Floor((_time.GetUtcNow() - collapsed).TotalMinutes));
            choice.Worked(Carrier.Quic);
        }

        Assert.That(holds, Is.Ordered);
        Assert.That((holds[0], holds[^1]), Is.EqualTo((7.0, 60.0)), "5 min and 1 h, and the wait for the next probe");
    }

    [Test]
    public void Held_rung_is_tried_last_when_nothing_else_works()
    {
        var choice = NewChoice(All);
        choice.Collapsed(Carrier.Quic, "12 KB/s");
        choice.Failed(Carrier.Tls, "blocked");
        choice.Worked(Carrier.Websocket);

        Assert.That(choice.Plan(), Is.EqualTo(new[] { Carrier.Websocket, Carrier.Tls, Carrier.Quic }));
    }

    [Test]
    public void F9_rung_that_collapsed_is_held_also_where_a_dial_on_it_had_failed_so_that_the_choice_moved_with_the_new_link()
    {
        var choice = NewChoice(All);
        choice.Failed(Carrier.Quic, "no answer within 3 s");
        choice.Worked(Carrier.Tls);

        var collapsed = choice.Collapsed(Carrier.Quic, "12 KB/s");
        _time.Advance(TimeSpan.FromMinutes(4));

        Assert.That((collapsed, choice.Current, choice.Report.Reason), Is.EqualTo((true, Carrier.Tls, "quic collapsed: 12 KB/s")));
        Assert.That(choice.TakeProbe(), Is.Empty, "it is held");
        Assert.That(choice.Report.Rungs[0].HeldUntil, Is.EqualTo(_time.GetUtcNow() + TimeSpan.FromMinutes(1)));
    }

    [Test]
    public void F9_dial_that_was_on_its_way_when_its_rung_collapsed_does_not_end_the_hold()
    {
        var choice = NewChoice(All);
        choice.Collapsed(Carrier.Quic, "12 KB/s");

        choice.Worked(Carrier.Quic);

        Assert.That((choice.Current, choice.Report.Reason), Is.EqualTo((Carrier.Tls, "quic collapsed: 12 KB/s")));
        Assert.That(choice.IsToBeLeft(Carrier.Quic), "that link moves");
        choice.Failed(Carrier.Tls, "blocked");
        choice.Worked(Carrier.Quic);
        Assert.That(choice.Current, Is.EqualTo(Carrier.Quic), "better than nothing");
    }

    [Test]
    public void Rung_below_the_current_one_cannot_collapse()
    {
        var choice = NewChoice(All);

        Assert.That((choice.Collapsed(Carrier.Tls, "slow"), choice.Current), Is.EqualTo((false, Carrier.Quic)));
    }

    [Test]
    public void Last_rung_cannot_collapse()
    {
        var choice = NewChoice([Carrier.Tls]);

        Assert.That((choice.Collapsed(Carrier.Tls, "slow"), choice.Current, choice.Report.Reason), Is.EqualTo((false, Carrier.Tls, "the only one allowed here")));
    }

    [Test]
    public void IsToBeLeft_follows_the_configured_order()
    {
        var choice = NewChoice([Carrier.Tls, Carrier.Quic]);

        Assert.That((choice.IsToBeLeft(Carrier.Quic), choice.IsToBeLeft(Carrier.Tls)), Is.EqualTo((true, false)));
    }

    [Test]
    public void F9_links_on_a_rung_that_collapsed_are_to_be_left_until_it_is_in_use_again()
    {
        var choice = NewChoice(All);
        var below = choice.RungsBelow(Carrier.Quic);
        choice.Collapsed(Carrier.Quic, "12 KB/s");
        var held = (choice.IsToBeLeft(Carrier.Quic), choice.IsToBeLeft(Carrier.Tls), choice.IsToBeLeft(Carrier.Websocket));

        // Nothing else works, so it is better than nothing.
        choice.Failed(Carrier.Tls, "blocked");
        choice.Worked(Carrier.Quic);

        Assert.That(below, Is.EqualTo(new[] { Carrier.Tls, Carrier.Websocket }));
        Assert.That((held, choice.IsToBeLeft(Carrier.Quic), choice.RungsBelow(Carrier.Tls)), Is.EqualTo(((true, false, true), false, Array.Empty<Carrier>())));
    }

    [Test]
    public void F9_hold_of_a_rung_that_was_good_for_hours_begins_with_the_first_one_again()
    {
        var choice = NewChoice([Carrier.Quic, Carrier.Tls]);
        choice.Collapsed(Carrier.Quic, "12 KB/s");
        _time.Advance(TimeSpan.FromMinutes(5));
        choice.Worked(Carrier.Quic);
        choice.Collapsed(Carrier.Quic, "12 KB/s");
        var second = Hold();
        _time.Advance(TimeSpan.FromHours(2));
        choice.Worked(Carrier.Quic);
        choice.Collapsed(Carrier.Quic, "12 KB/s");

        Assert.That((second, Hold()), Is.EqualTo((TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(5))));

        TimeSpan? Hold() => choice.Report.Rungs[0].HeldUntil - _time.GetUtcNow();
    }

    [Test]
    public void F12_rung_that_works_for_a_moment_each_time_is_tried_less_often()
    {
        var choice = NewChoice([Carrier.Quic, Carrier.Tls]);
        var waits = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            choice.Failed(Carrier.Quic, "no answer any more");
            choice.Worked(Carrier.Tls);
            var down = _time.GetUtcNow();
            while (choice.TakeProbe().Count == 0)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
            }

            waits.Add((_time.GetUtcNow() - down).TotalSeconds);
            choice.Worked(Carrier.Quic);
            _time.Advance(TimeSpan.FromSeconds(20));
        }

        Assert.That(waits, Is.EqualTo(new double[] { 30, 240, 300, 300, 300 }));
    }

    [Test]
    public void F11_clock_that_is_set_back_by_a_day_delays_no_probe_and_holds_no_rung_longer()
    {
        var clock = new SettableClock(_time);
        var choice = new CarrierChoice(new CarrierChoiceOptions { Rungs = [Carrier.Quic, Carrier.Tls] }, clock);
        choice.Collapsed(Carrier.Quic, "12 KB/s");

        clock.Offset = -TimeSpan.FromDays(1);
        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.That(choice.TakeProbe(), Is.EqualTo(new[] { Carrier.Quic }));
    }

    [Test]
    public void Ladder_has_a_rung_and_none_twice()
    {
        Assert.That(() => NewChoice([]), Throws.ArgumentException);
        Assert.That(() => NewChoice([Carrier.Tls, Carrier.Tls]), Throws.ArgumentException);
    }

    private CarrierChoice NewChoice(IReadOnlyList<Carrier> rungs) => new(new CarrierChoiceOptions { Rungs = rungs }, _time);

    /// <summary>A clock whose date somebody sets; what has passed is not theirs to set.</summary>
    private sealed class SettableClock(TimeProvider inner) : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + Offset;

        public override long GetTimestamp() => inner.GetTimestamp();
    }
}
