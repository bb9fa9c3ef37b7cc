using McpTunnel.Client.Health;
using McpTunnel.Client.Linking;
using McpTunnel.Client.Telemetry;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.TestKit.WholePath;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking;

/// <summary>What metrics and status say about links.</summary>
[CancelAfter(30_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LinkStatusTests : LinkSupervisorTestBase
{
    [Test]
    public async Task Reconnects_are_counted_by_why_and_dials_by_outcome()
    {
        using var reading = new MeterReading(ClientMetrics.MeterName);
        Blocked = [Carrier.Quic];
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;
        Assert.That(reading.Sum("mcptunnel.client.links.reconnects"), Is.Zero, "the first one is none");

        await supervisor.RenewAsync("the token changed", CancellationToken.None);
        Pairs[1].Edge.BeginDrain(TunnelCode.EdgeDraining, "maintenance");
        await AdvanceUntilAsync(() => DialCount == 3 && supervisor.Links[0].State == LinkSlotState.Up, most: TimeSpan.FromSeconds(3));
        var failures = new Queue<Exception>(
        [
            new LinkRefusedException("rate_limited", retryable: true, TimeSpan.Zero, "slowly"),
            new LinkRefusedException("a_code_of_the_future", retryable: true, TimeSpan.Zero, "perhaps"),
            new LinkConnectException("down") { Fault = LinkConnectFault.NameNotResolved },
        ]);
        Refuse = _ => failures.TryDequeue(out var failure) ? failure : null;
        await Pairs[2].Edge.CloseAsync(TunnelCode.Shutdown, "edge restarts");
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

        await Pairs[0].Edge.CloseAsync(TunnelCode.Shutdown, "edge restarts");
        await AdvanceUntilAsync(() => DialCount == 2, most: TimeSpan.FromSeconds(2));
        await EventuallyAsync(() => supervisor.Links[0].State == LinkSlotState.Up);
        Time.Advance(TimeSpan.FromMinutes(3));

        var link = supervisor.Links[0];
        Assert.That((link.LastError, link.Attempts), Is.EqualTo(("shutdown: edge restarts", 2L)));
        Assert.That(link.LastErrorAgeSeconds, Is.InRange(180, 183));
        Assert.That(link.AgeSeconds, Is.InRange(180, link.LastErrorAgeSeconds), "the link is younger than what ended the one before");
        Assert.That(link.LastErrorAt, Is.Not.Null);
    }

    [Test]
    public async Task Link_whose_only_edge_drains_is_shown_draining_with_its_streams_and_the_reason()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;
        await Pairs[0].OpenAsync();
        var id = supervisor.Links[0].LinkId;

        Refuse = _ => new LinkConnectException("Nothing listens.");
        Pairs[0].Edge.BeginDrain(TunnelCode.EdgeDraining, "The edge node is stopping.");
        await AdvanceUntilAsync(() => supervisor.Links[0] is { LastError: not null, NextAttempt: not null }, most: TimeSpan.FromSeconds(3));
        var draining = supervisor.Links[0];
        var why = LinkReasons.Of(supervisor.Links);
        Refuse = _ => null;
        await AdvanceUntilAsync(() => supervisor.Links[0].State == LinkSlotState.Up, most: TimeSpan.FromMinutes(3));

        Assert.Multiple(() =>
        {
            Assert.That((draining.State, draining.LinkId, draining.Streams, draining.Leaving), Is.EqualTo((LinkSlotState.Draining, id, 1, 0)));
            Assert.That((draining.DrainReason, draining.LastMove), Is.EqualTo(("The edge node is stopping.", "The edge node is stopping.")));
            Assert.That(draining.AgeSeconds, Is.EqualTo(draining.LastMoveAgeSeconds), "it drains since it was told");
            Assert.That(draining.NextAttempt, Is.Not.Null, "and the slot goes on trying");
            Assert.That(why, Is.EqualTo($"No link to the edge takes new calls: edge node {draining.Node} drains. The edge node is stopping. No other link is up: {draining.LastError}"));
            Assert.That(LinkReasons.IsStarting([draining]), Is.False);
            Assert.That((supervisor.Links[0].Leaving, supervisor.Links[0].DrainReason), Is.EqualTo((1, (string?)null)), "once a successor is up it is an earlier link");
        });
    }

    [Test]
    public async Task Planned_move_is_no_error()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;

        Pairs[0].Edge.BeginDrain(TunnelCode.EdgeDraining, "A new process of the edge node has taken over.");
        await AdvanceUntilAsync(() => DialCount == 2 && supervisor.Links[0].State == LinkSlotState.Up, most: TimeSpan.FromSeconds(3));
        var taken = supervisor.Links[0];
        Time.Advance(TimeSpan.FromMinutes(1));
        await supervisor.RenewAsync("The tunnel token changed.", CancellationToken.None);
        Time.Advance(TimeSpan.FromMinutes(2));
        var renewed = supervisor.Links[0];

        Assert.That((taken.LastError, taken.LastMove), Is.EqualTo(((string?)null, "A new process of the edge node has taken over.")));
        Assert.That((renewed.LastError, renewed.LastMove), Is.EqualTo(((string?)null, "The tunnel token changed.")));
        Assert.That(renewed.LastMoveAgeSeconds, Is.InRange(120, 121));
    }

    [Test]
    public async Task Dial_that_gets_no_answer_is_told_after_five_seconds_and_once_for_each_outage()
    {
        using var log = new LogRecord();
        var pending = new TaskCompletionSource<ILink>();
        await using var supervisor = new LinkSupervisor(
            (attempt, token) =>
            {
                attempt.Dialling?.Invoke("192.0.2.1:443 over tls");
                return pending.Task.WaitAsync(token);
            },
            _ => { }, Choice, new LinkSupervisorOptions { Links = 1 }, Time, log.Factory);
        supervisor.Start();
        await EventuallyAsync(() => supervisor.Links[0].State == LinkSlotState.Connecting);
        var starting = LinkReasons.IsStarting(supervisor.Links);

        await AdvanceUntilAsync(() => Hints(log).Count > 0, most: TimeSpan.FromSeconds(8));
        var at = supervisor.Links[0].AgeSeconds;
        await AdvanceUntilAsync(() => false, most: TimeSpan.FromSeconds(20));

        Assert.Multiple(() =>
        {
            Assert.That(at, Is.InRange(5, 7));
            Assert.That(Hints(log), Has.Count.EqualTo(1));
            Assert.That(Hints(log)[0], Does.Contain("192.0.2.1:443 over tls"));
            Assert.That(LinkReasons.Of(supervisor.Links), Does.Match("^No link to the edge is up yet: dialling 192.0.2.1:443 over tls for 2[0-9] s, without an answer.$"));
            Assert.That((starting, LinkReasons.IsStarting(supervisor.Links)), Is.EqualTo((true, false)), "what takes so long is an answer to whoever asks");
        });

        var first = new FakeLink { Carrier = Carrier.Quic };
        var second = new TaskCompletionSource<ILink>();
        (var came, pending) = (pending, second);
        came.SetResult(first);
        await AdvanceUntilAsync(() => supervisor.Links[0].State == LinkSlotState.Up, most: TimeSpan.FromSeconds(5));
        await AdvanceUntilAsync(() => false, most: TimeSpan.FromSeconds(2));
        await first.CloseAsync(TunnelCode.Shutdown, "edge restarts");
        await AdvanceUntilAsync(() => Hints(log).Count > 1, most: TimeSpan.FromSeconds(20));
        Assert.That(Hints(log), Has.Count.EqualTo(2), $"{supervisor.Links[0]} {string.Join('\n', log.Lines)}");
    }

    [Test]
    public async Task Links_of_a_client_that_stops_are_shown_with_their_streams_until_they_are_closed()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;
        await Pairs[0].OpenAsync();

        var stopping = supervisor.StopAsync(TimeSpan.FromSeconds(30));
        await EventuallyAsync(() => supervisor.Links[0].State == LinkSlotState.Draining);
        var link = supervisor.Links[0];
        await AdvanceUntilAsync(() => stopping.IsCompleted, most: TimeSpan.FromSeconds(32));
        await stopping;
        await EventuallyAsync(() => supervisor.Links[0].State == LinkSlotState.Stopped);

        Assert.That((link.Streams, link.LinkId, link.Node), Is.EqualTo((1, Pairs[0].Client.Identity.LinkId, Pairs[0].Client.Identity.Node)));
        Assert.That((supervisor.Links[0].Streams, supervisor.Links[0].LinkId), Is.EqualTo((0, (string?)null)));
    }

    [Test]
    public void Links_are_counted_by_node_for_programs()
    {
        var up = new LinkSlotStatus(0, LinkSlotState.Up, Time.GetUtcNow(), "lnk_a", "edge-2", "tls", 0, 0, null, null, 0, 0, 1, null, null);

        var report = LinkReport.Of([up, up with { Index = 1, Node = "edge-1" }, up with { Index = 2 }, up with { Index = 3, State = LinkSlotState.Waiting, Node = null }]);

        Assert.That((report.Expected, report.Up), Is.EqualTo((4, 3)));
        Assert.That(report.Nodes, Is.EqualTo(new[] { new NodeReport("edge-1", 1), new NodeReport("edge-2", 2) }));
    }

    private static List<string> Hints(LogRecord log) => [.. log.Lines.Where(line => line.Contains(" 2012: ", StringComparison.Ordinal))];

    [Test]
    public async Task Silence_is_told_by_a_clock_that_nobody_sets()
    {
        var link = new FakeLink { Silence = TimeSpan.FromSeconds(7), LastSeen = Time.GetUtcNow() + TimeSpan.FromDays(1) };
        await using var supervisor = new LinkSupervisor(
            (_, _) => Task.FromResult<ILink>(link), _ => { }, Choice, new LinkSupervisorOptions { Links = 1 }, Time, NullLoggerFactory.Instance);
        supervisor.Start();
        await supervisor.FirstRegistered;

        Assert.That(supervisor.Links[0].SilentSeconds, Is.EqualTo(7), "though the clock was set back by a day");
    }
}
