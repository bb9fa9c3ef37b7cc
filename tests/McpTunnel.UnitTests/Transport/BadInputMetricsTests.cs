using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.Transport;
using McpTunnel.Transport.Kestrel;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport;

/// <summary>What a peer does wrong is counted, by what it was: an operator sees an attack in the figures, not in the absence of calls.</summary>
[CancelAfter(30_000)]
[NonParallelizable] // reads meters of the whole process
public sealed class BadInputMetricsTests
{
    [TestCase("01000000" + "00000000" + "00000000", "UnknownVersion")]
    [TestCase("00040000" + "00000000" + "00000000", "UnknownType")]
    [TestCase("00000010" + "00000000" + "00000000", "BadFlags")]
    [TestCase("00000000" + "00000000" + "00000000", "BadStreamId")]
    public async Task Frame_that_breaks_yamux_is_counted_by_kind(string frame, string kind)
    {
        using var reading = new MeterReading(TransportMetrics.MeterName);
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        await using var pair = await LinkPair.CreateAsync(edgeEnd, clientEnd);

        await clientEnd.WriteAsync(Convert.FromHexString(frame));
        await Eventually.EndAsync(pair.Edge.Closed);

        Assert.That(reading.Sum("mcptunnel.transport.violations", kind), Is.EqualTo(1));
        Assert.That(reading.Sum("mcptunnel.transport.violations"), Is.EqualTo(1));
        await Eventually.ThatAsync(() => reading.Sum("mcptunnel.transport.links.closed", "protocol_error") > 0, "so is the link's end");
    }

    [TestCase("474554202F20485454502F312E310D0A0D0A0D0A")]
    [TestCase("0D0A0D0A000D0A515549540A" + "11110000")]
    public async Task Stream_without_a_good_preamble_is_counted(string hex)
    {
        using var reading = new MeterReading(TransportMetrics.MeterName);
        await using var pair = await LinkPair.CreateAsync();
        var factory = new LinkConnectionListenerFactory(_ => true, TimeProvider.System, NullLoggerFactory.Instance);
        await using var listener = await factory.BindAsync(new LinkEndPoint(), CancellationToken.None);
        factory.Attach(pair.Client);

        await using var stream = pair.Edge.OpenStream();
        await stream.Output.WriteAsync(Convert.FromHexString(hex));

        await Eventually.ThatAsync(() => reading.Sum("mcptunnel.transport.streams.refused", "proxy_header_malformed") == 1, "it is counted");
        Assert.That(reading.Sum("mcptunnel.transport.streams.accepted"), Is.Zero);
    }
}
