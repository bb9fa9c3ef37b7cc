using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.Transport;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport;

/// <summary>What is summed up over links when somebody asks.</summary>
[CancelAfter(30_000)]
[NonParallelizable] // reads meters of the whole process
public sealed class LinkMetricsTests
{
    [Test]
    public async Task Streams_and_bytes_are_told_by_carrier_and_stay_in_the_sum_when_the_link_is_gone()
    {
        using var reading = new MeterReading(TransportMetrics.MeterName);
        TransportMetrics.Publish();
        var before = reading.Observe("mcptunnel.transport.bytes", "websocket");
        var pair = await LinkPair.CreateAsync(carrier: Carrier.Websocket);
        await using var ending = pair;
        var (edge, client) = await pair.OpenAsync();
        await edge.Output.WriteAsync(new byte[999]);
        await StreamBytes.ReadExactlyAsync(client.Input, 999);

        Assert.That(reading.Observe("mcptunnel.transport.streams", "websocket"), Is.EqualTo(2), "one at each end");
        Assert.That(reading.Observe("mcptunnel.transport.streams", "draining"), Is.Zero);
        pair.Edge.BeginDrain(TunnelCode.EdgeDraining, "test");
        await Eventually.ThatAsync(() => reading.Observe("mcptunnel.transport.streams", "draining") == 2, "both ends drain");
        var during = reading.Observe("mcptunnel.transport.bytes", "websocket");
        Assert.That(during - before, Is.GreaterThanOrEqualTo(2 * 1000));

        await pair.DisposeAsync();

        await Eventually.ThatAsync(() => reading.Observe("mcptunnel.transport.streams", "websocket") == 0, "no link, no streams");
        Assert.That(reading.Observe("mcptunnel.transport.bytes", "websocket"), Is.GreaterThanOrEqualTo(during));
    }

    [Test]
    public async Task Stalled_time_goes_on_while_nobody_reads_and_stays_when_the_link_is_gone()
    {
        using var reading = new MeterReading(TransportMetrics.MeterName);
        TransportMetrics.Publish();
        await using var pair = await LinkPair.CreateAsync(carrier: Carrier.Websocket);
        var (edge, _) = await pair.OpenAsync();
        var filling = FillAsync(edge);

        await Eventually.ThatAsync(() => reading.Observe("mcptunnel.transport.streams.stalled", "websocket") == 1, "one waits");
        var first = reading.Observe("mcptunnel.transport.window.stalled", "websocket");
        await Eventually.ThatAsync(() => reading.Observe("mcptunnel.transport.window.stalled", "websocket") > first, "the time of a wait that goes on");
        await pair.DisposeAsync();
        await filling;

        await Eventually.ThatAsync(() => reading.Observe("mcptunnel.transport.streams.stalled", "websocket") == 0, "nobody waits");
        var after = reading.Observe("mcptunnel.transport.window.stalled", "websocket");
        Assert.That(after, Is.GreaterThan(first));
        Assert.That(reading.Observe("mcptunnel.transport.window.stalled", "websocket"), Is.EqualTo(after));
    }

    [Test]
    public async Task Round_trip_is_recorded_for_each_question_that_is_answered()
    {
        using var reading = new MeterReading(TransportMetrics.MeterName);
        await using var pair = await LinkPair.CreateAsync(new LinkOptions { MeasureEvery = TimeSpan.FromMilliseconds(20) }, carrier: Carrier.Websocket);

        await Eventually.ThatAsync(() => reading.Sum("mcptunnel.transport.link.round_trip.duration", "websocket") > 2, "both ends measure");

        Assert.That(reading.Sum("mcptunnel.transport.link.round_trip.duration", "edge"), Is.GreaterThan(0));
        Assert.That(reading.Sum("mcptunnel.transport.link.round_trip.duration", "client"), Is.GreaterThan(0));
    }

    [Test]
    public async Task End_of_a_link_is_counted_at_either_side()
    {
        using var reading = new MeterReading(TransportMetrics.MeterName);
        await using var pair = await LinkPair.CreateAsync(carrier: Carrier.Websocket);

        await pair.Edge.CloseAsync(TunnelCode.TokenRevoked, "test");

        await Eventually.ThatAsync(() => reading.Sum("mcptunnel.transport.links.closed", "token_revoked") == 2, "both are counted");
        Assert.That(reading.Sum("mcptunnel.transport.links.closed", "edge"), Is.EqualTo(1));
        Assert.That(reading.Sum("mcptunnel.transport.links.closed", "client"), Is.EqualTo(1));
    }

    [Test]
    public void Build_is_told_with_the_version_of_the_program()
    {
        using var reading = new MeterReading(TransportMetrics.MeterName);
        TransportMetrics.Publish();

        Assert.That(reading.Observe("mcptunnel.build.info", typeof(TransportMetrics).Assembly.GetName().Version!.ToString(3)), Is.EqualTo(1));
    }

    [TestCase("0.1.0+0123456789abcdef0123456789abcdef01234567", ExpectedResult = "0123456789ab")]
    [TestCase("0.1.0+dirty", ExpectedResult = "dirty")]
    [TestCase("0.1.0", ExpectedResult = "unknown")]
    [TestCase("0.1.0+", ExpectedResult = "unknown")]
    [TestCase(null, ExpectedResult = "unknown")]
    public string Commit_of_a_build_is(string? informationalVersion) => BuildInfo.CommitOf(informationalVersion);

    private static async Task FillAsync(ILinkStream stream)
    {
        try
        {
            while (true)
            {
                await stream.Output.WriteAsync(new byte[16 * 1024]);
            }
        }
        catch (IOException)
        {
            // The link is gone, as the test wants.
        }
    }
}
