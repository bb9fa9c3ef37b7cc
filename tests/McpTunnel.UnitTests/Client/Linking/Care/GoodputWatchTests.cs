using McpTunnel.Client.Linking.Care;
using McpTunnel.Transport;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking.Care;

/// <summary>One sample a second, as the supervisor takes them; a round trip is measured when the watch asks for it, and every 15 s anyway.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GoodputWatchTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Near = TimeSpan.FromMilliseconds(20);

    private readonly GoodputWatch _watch = new();
    private readonly List<GoodputVerdict> _verdicts = [];
    private TimeSpan _now;
    private long _bytes;
    private long _answers;
    private TimeSpan? _asked;
    private TimeSpan? _roundTrip;

    [Test]
    public void F9_link_that_is_up_and_carries_next_to_nothing_is_found_after_ten_seconds_and_not_before()
    {
        Run(30, answerAfter: _ => Near, bytes: 1_000_000);
        var good = _verdicts.Count;

        Run(20, answerAfter: _ => TimeSpan.FromSeconds(2), bytes: 1_000, stalled: true);

        Assert.That(_verdicts.Take(good), Is.All.EqualTo(GoodputVerdict.Calm));
        Assert.That(_verdicts.Skip(good).ToList().IndexOf(GoodputVerdict.Collapsed), Is.InRange(10, 14));
        Assert.That(_watch.Finding, Does.Match(@"^1\.0 KiB/s in 1\d s, and answers on the control channel later than 500 ms, \d+ times of \d+$"));
    }

    [Test]
    public void F9_idle_link_whose_answers_come_late_is_found_too()
    {
        Run(30, answerAfter: _ => Near);

        Run(60, answerAfter: _ => TimeSpan.FromSeconds(4));

        Assert.That(_verdicts, Does.Contain(GoodputVerdict.Collapsed));
    }

    [Test]
    public void F9_slow_agent_is_no_collapse_however_long_it_takes()
    {
        Run(3600, answerAfter: _ => Near, stalled: true);

        Assert.That(_verdicts, Does.Not.Contain(GoodputVerdict.Collapsed));
        Assert.That(_verdicts.Count(verdict => verdict == GoodputVerdict.Looking), Is.LessThan(3600 / 7), "and asked for round trips now and then only");
    }

    [Test]
    public void F9_slow_agent_behind_a_path_with_some_loss_is_no_collapse()
    {
        // One answer of four is lost once and comes with the retransmission.
        Run(3600, answerAfter: i => i % 4 == 0 ? TimeSpan.FromMilliseconds(800) : Near, stalled: true);

        Assert.That(_verdicts, Does.Not.Contain(GoodputVerdict.Collapsed));
    }

    [Test]
    public void F9_path_full_of_traffic_answers_late_and_is_no_collapse()
    {
        Run(30, answerAfter: _ => Near);

        Run(3600, answerAfter: _ => TimeSpan.FromSeconds(2), bytes: GoodputWatch.NextToNothing, stalled: true);

        Assert.That(_verdicts, Does.Not.Contain(GoodputVerdict.Collapsed));
    }

    [Test]
    public void F9_far_path_is_judged_by_its_own_round_trip()
    {
        Run(3600, answerAfter: _ => TimeSpan.FromMilliseconds(900), bytes: 100, stalled: true);

        Assert.That(_verdicts, Does.Not.Contain(GoodputVerdict.Collapsed));
    }

    [Test]
    public void F11_outage_is_a_matter_of_liveness_and_no_collapse()
    {
        Run(30, answerAfter: _ => Near, bytes: 1_000_000);

        Run(30, answerAfter: _ => TimeSpan.MaxValue, stalled: true, silent: true);

        Assert.That(_verdicts, Does.Not.Contain(GoodputVerdict.Collapsed));
    }

    [Test]
    public void F9_burst_of_loss_that_passes_is_no_collapse()
    {
        Run(30, answerAfter: _ => Near, bytes: 100_000);

        for (var i = 0; i < 20; i++)
        {
            Run(7, answerAfter: _ => TimeSpan.FromSeconds(2), stalled: true);
            Run(60, answerAfter: _ => Near, bytes: 100_000);
        }

        Assert.That(_verdicts, Does.Not.Contain(GoodputVerdict.Collapsed));
    }

    [Test]
    public void F11_machine_that_slept_or_is_short_of_time_does_not_take_it_for_a_collapse()
    {
        Run(30, answerAfter: _ => Near, bytes: 100_000);

        for (var i = 0; i < 60; i++)
        {
            Run(4, answerAfter: _ => TimeSpan.FromSeconds(2), stalled: true);
            _now += GoodputWatch.LateSample;
        }

        Assert.That(_verdicts, Does.Not.Contain(GoodputVerdict.Collapsed));
    }

    private void Run(int seconds, Func<int, TimeSpan> answerAfter, long bytes = 0, bool stalled = false, bool silent = false)
    {
        var began = _now;
        for (var i = 0; i < seconds; i++)
        {
            _now += Second;
            _bytes += bytes;
            if (_asked is { } asked && answerAfter(i) is var after && after < TimeSpan.MaxValue && asked + after <= _now)
            {
                (_roundTrip, _asked) = (after, null);
                _answers++;
            }

            var vitals = new LinkVitals(_bytes, stalled ? _now - began : TimeSpan.Zero, _answers, _roundTrip, _asked is { } since ? _now - since : null, silent ? _now - began : TimeSpan.Zero);
            _verdicts.Add(_watch.Take(_now, vitals));
            if (_asked is null && (_verdicts[^1] == GoodputVerdict.Looking || _now.TotalSeconds % 15 == 0))
            {
                _asked = _now;
            }
        }
    }
}
