using McpTunnel.Client.Linking;
using McpTunnel.Client.Telemetry;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.Telemetry;
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
        Assert.That((link.LastError, link.Attempts), Is.EqualTo(("shutdown: shutdown: edge restarts", 2L)));
        Assert.That(link.LastErrorAgeSeconds, Is.InRange(180, 183));
        Assert.That(link.AgeSeconds, Is.InRange(180, link.LastErrorAgeSeconds), "the link is younger than what ended the one before");
        Assert.That(link.LastErrorAt, Is.Not.Null);
    }

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
