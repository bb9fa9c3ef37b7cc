using McpTunnel.Client.SelfCalls;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.WholePath;
using McpTunnel.Transport;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.SelfCalls;

/// <summary>
/// The edge of these tests does what the real one does: it gives each call to the link with the fewest open connections, in the order of registration. A link that is silent swallows what it
/// gets.
/// </summary>
[CancelAfter(30_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SelfCallMonitorTests : ISelfCaller, IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly LogRecord _log = new();
    private readonly List<ILink> _links = [new FakeLink(), new FakeLink(), new FakeLink()];
    private readonly List<ILink> _others = [];
    private readonly HashSet<ILink> _silent = [];
    private readonly Dictionary<ILink, int> _open = [];
    private readonly Dictionary<ILink, long> _requests = [];
    private readonly List<ILink> _replaced = [];
    private readonly List<DateTimeOffset> _replacedAt = [];
    private bool _reachable = true;
    private bool _flooded;
    private bool _ownCertificateThere = true;
    private int _calls;

    public void Dispose() => _log.Dispose();

    [Test]
    public async Task First_round_calls_through_every_link_and_the_next_ones_make_one_call()
    {
        await using var monitor = Start();
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Good);
        var first = (monitor.Report.Links, _calls);

        await AdvanceAsync(() => _calls > 3);

        Assert.That((first, _calls, monitor.Report.Problem), Is.EqualTo(((3, 3), 4, (string?)null)));
        Assert.That(_open.Values, Is.All.Zero, "no connection is left open");
    }

    [Test]
    public async Task Idle_client_makes_no_more_than_two_calls_a_minute_but_for_a_look_at_all_links_every_five()
    {
        await using var monitor = Start();

        await AdvanceAsync(() => false, TimeSpan.FromMinutes(20));

        // 40 rounds of which four are of three calls; the waits vary by a tenth.
        Assert.That(_calls, Is.InRange(35, 60));
    }

    [Test]
    public async Task F18_data_path_that_is_dead_is_told_though_links_are_up_and_is_good_again_when_it_is_back()
    {
        await using var monitor = Start();
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Good);

        _reachable = false;
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Failed);
        var failed = monitor.Report;
        _reachable = true;
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Good, TimeSpan.FromSeconds(15));

        Assert.That(failed.Problem, Is.EqualTo("no way there."));
        Assert.That((monitor.Report.State, monitor.Report.Problem), Is.EqualTo((SelfCallState.Good, (string?)null)));
        Assert.That((_log.Lines.Count(line => line.Contains(" 2150:", StringComparison.Ordinal)), _log.Contains(" 2151:"), _replaced.Count), Is.EqualTo((1, true, 0)));
    }

    [Test]
    public async Task F18_link_that_serves_no_calls_is_replaced_and_no_other()
    {
        await using var monitor = Start();
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Good);
        var dead = _links[1];
        _silent.Add(dead);

        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Failed, TimeSpan.FromMinutes(6));
        var problem = monitor.Report.Problem;
        await AdvanceAsync(() => _replaced.Count > 0);
        await AdvanceAsync(() => monitor.Report is { State: SelfCallState.Good, Links: 3 });
        await AdvanceAsync(() => false, TimeSpan.FromMinutes(10));

        Assert.That(problem, Is.EqualTo("1 of 3 calls at once failed. Of the first: nothing came back."));
        Assert.That((_replaced, monitor.Report.State), Is.EqualTo((new[] { dead }, SelfCallState.Good)));
    }

    [Test]
    public async Task F18_all_links_silent_are_replaced_once_a_new_one_has_shown_that_it_was_their_fault()
    {
        await using var monitor = Start();
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Good);
        ILink[] dead = [.. _links];
        _silent.UnionWith(dead);
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Failed);

        await AdvanceAsync(() => monitor.Report is { State: SelfCallState.Good, Links: 3 }, TimeSpan.FromMinutes(10));

        Assert.That(_replaced, Is.EquivalentTo(dead));
    }

    [Test]
    public async Task One_link_in_five_minutes_is_replaced_while_new_ones_are_silent_too()
    {
        await using var monitor = Start(replacement: () =>
        {
            var link = new FakeLink();
            _silent.Add(link);
            return link;
        });
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Good);
        _silent.UnionWith(_links);

        await AdvanceAsync(() => false, TimeSpan.FromMinutes(30));

        Assert.That(_replaced, Has.Count.InRange(4, 6));
        Assert.That(monitor.Report.State, Is.EqualTo(SelfCallState.Failed));
    }

    [Test]
    public async Task One_link_in_a_minute_is_replaced_at_most()
    {
        _links.AddRange([new FakeLink(), new FakeLink(), new FakeLink()]);
        await using var monitor = Start();
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Good);
        _silent.UnionWith(_links.Take(4));

        await AdvanceAsync(() => _replaced.Count == 4, TimeSpan.FromMinutes(20));

        Assert.That(_replacedAt.Zip(_replacedAt.Skip(1), (first, second) => second - first), Has.Exactly(3).Items.And.All.GreaterThanOrEqualTo(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task Flood_of_agents_that_makes_calls_slow_costs_no_link()
    {
        await using var monitor = Start();
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Good);
        _flooded = true;

        await AdvanceAsync(() => false, TimeSpan.FromMinutes(30));

        Assert.That((monitor.Report.State, _replaced.Count), Is.EqualTo((SelfCallState.Failed, 0)));
    }

    [Test]
    public async Task Busy_link_that_calls_do_not_reach_is_not_taken_for_the_one_that_is_silent()
    {
        await using var monitor = Start();
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Good);
        var (busy, dead) = ((FakeLink)_links[0], _links[2]);
        (busy.StreamCount, _requests[busy]) = (_open[busy] = 100, 300);
        _silent.Add(dead);

        await AdvanceAsync(() => _replaced.Count > 0, TimeSpan.FromMinutes(10));
        await AdvanceAsync(() => false, TimeSpan.FromMinutes(10));

        Assert.That(_replaced, Is.EqualTo(new[] { dead }));
    }

    [Test]
    public async Task Links_are_left_alone_where_calls_never_came_through()
    {
        _silent.UnionWith(_links);
        await using var monitor = Start();

        await AdvanceAsync(() => false, TimeSpan.FromMinutes(30));

        Assert.That((_replaced.Count, monitor.Report.State), Is.EqualTo((0, SelfCallState.Failed)), "something on the way may let no name pass but the edge's own");
    }

    [Test]
    public async Task Other_instances_are_called_too_until_every_own_link_has_had_its_call()
    {
        _others.AddRange([new FakeLink(), new FakeLink(), new FakeLink(), new FakeLink()]);

        await using var monitor = Start();
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Good);

        Assert.That((monitor.Report.Links, _calls), Is.EqualTo((3, 9)));
    }

    [Test]
    public async Task F18_silent_link_that_the_edge_passes_over_for_the_streams_that_hang_on_it_is_found()
    {
        var dead = _links[1];
        _silent.Add(dead);
        _open[dead] = 7;
        await using var monitor = Start();

        await AdvanceAsync(() => _replaced.Count > 0);
        await AdvanceAsync(() => monitor.Report is { State: SelfCallState.Good, Links: 3 });

        Assert.That((_replaced, monitor.Report.Links), Is.EqualTo((new[] { dead }, 3)));
    }

    [Test]
    public async Task Silent_call_beside_another_instance_says_nothing_about_a_link_of_this_one()
    {
        _others.AddRange([new FakeLink(), new FakeLink()]);
        await using var monitor = Start();
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Good);
        _silent.Add(_others[1]);

        await AdvanceAsync(() => false, TimeSpan.FromMinutes(30));

        Assert.That(_replaced, Is.Empty);
    }

    [Test]
    public async Task Another_certificate_under_this_name_is_warned_of_once_and_does_not_make_the_client_unready()
    {
        _ownCertificateThere = false;

        await using var monitor = Start();
        await AdvanceAsync(() => false, TimeSpan.FromMinutes(10));

        Assert.That((monitor.Report.State, monitor.Report.Warning, monitor.Report.Links), Is.EqualTo((SelfCallState.Good, "another certificate", 0)));
        Assert.That(_log.Lines.Count(line => line.Contains(" 2153:", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public async Task New_link_is_called_through_in_the_next_round()
    {
        await using var monitor = Start();
        await AdvanceAsync(() => monitor.Report.State == SelfCallState.Good);

        _links.Add(new FakeLink());
        await AdvanceAsync(() => monitor.Report.Links == 4, TimeSpan.FromSeconds(40));

        Assert.That(monitor.Report.Links, Is.EqualTo(4));
    }

    [Test]
    public async Task Nothing_is_called_when_that_is_switched_off()
    {
        await using var monitor = Start(every: TimeSpan.Zero);

        await AdvanceAsync(() => false, TimeSpan.FromMinutes(10));

        Assert.That((_calls, monitor.Report.State), Is.EqualTo((0, SelfCallState.Off)));
    }

    async Task<SelfCallOutcome> ISelfCaller.CallAsync(ILink link, CancellationToken cancellationToken)
    {
        ILink taken;
        lock (_open)
        {
            _calls++;
            taken = _others.Concat(_links).MinBy(candidate => _open.GetValueOrDefault(candidate))!;
            _open[taken] = _open.GetValueOrDefault(taken) + 1;
        }

        // As over a network: all calls of a round are on their way before one is back.
        await Task.Yield();
        var connection = new Connection(() =>
        {
            lock (_open)
            {
                _open[taken]--;
            }
        });
        if (_flooded)
        {
            // Agents' requests come through every link, and a call of ours is late.
            _links.ForEach(flooded => _requests[flooded] = _requests.GetValueOrDefault(flooded) + 1000);

            return Failed(SelfCallResult.Silent, "nothing came back");
        }

        if (_reachable && !_silent.Contains(taken))
        {
            return !_ownCertificateThere ? Failed(SelfCallResult.OtherCertificate, "another certificate")
                : _links.Contains(taken) ? new SelfCallOutcome(SelfCallResult.Served, taken, "", TimeSpan.FromMilliseconds(12), connection)
                : new SelfCallOutcome(SelfCallResult.Elsewhere, null, "another instance", TimeSpan.FromMilliseconds(12), connection);
        }

        return _reachable ? Failed(SelfCallResult.Silent, "nothing came back") : Failed(SelfCallResult.NoConnection, "no way there");

        SelfCallOutcome Failed(SelfCallResult result, string detail)
        {
            connection.Dispose();
            return new SelfCallOutcome(result, null, detail, TimeSpan.FromSeconds(10));
        }
    }

    private SelfCallMonitor Start(TimeSpan? every = null, Func<ILink>? replacement = null)
    {
        var monitor = new SelfCallMonitor(
            this,
            () => [.. _links],
            link => _requests.GetValueOrDefault(link),
            (link, _) =>
            {
                _replaced.Add(link);
                _replacedAt.Add(_time.GetUtcNow());
                _links[_links.IndexOf(link)] = replacement is null ? new FakeLink() : replacement();
                return Task.FromResult(true);
            },
            new SelfCallOptions { Every = every ?? Every },
            _time,
            _log.Factory.CreateLogger("self"));
        monitor.Start(Task.CompletedTask);
        return monitor;
    }

    private async Task AdvanceAsync(Func<bool> condition, TimeSpan? most = null)
    {
        var limit = most ?? TimeSpan.FromMinutes(2);
        var step = TimeSpan.FromSeconds(Math.Max(1, limit.TotalSeconds / 400));
        for (var passed = TimeSpan.Zero; passed < limit && !condition(); passed += step)
        {
            _time.Advance(step);
            await Task.Delay(1);
        }
    }

    private sealed class Connection(Action close) : IDisposable
    {
        private int _closed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _closed, 1) == 0)
            {
                close();
            }
        }
    }
}
