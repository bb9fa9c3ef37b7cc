using System.Diagnostics.Metrics;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Directory;

/// <summary>F16 with real links: the real multiplexer over memory, its carrier stuck.</summary>
[CancelAfter(60_000)]
public sealed class ReplacementTests
{
    private const int Replacements = 1000;
    private const int WindowAndMore = 1024 * 1024;

    [Test]
    public async Task F16_a_thousand_replacements_while_the_old_link_hangs_in_a_write()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var directory = new LinkDirectory(
            new DirectoryLimits(1, 1, 1, 10), new EdgeMetrics(services.GetRequiredService<IMeterFactory>()), NullLogger<LinkDirectory>.Instance);
        var time = new FakeTimeProvider();
        var links = new List<ILink>();
        for (var generation = 1; generation <= Replacements; generation++)
        {
            var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
            var carrier = new FaultyStream(edgeEnd);
            var pair = await LinkPair.CreateAsync(carrier, clientEnd, time: time, hello: LinkPair.Hello(generation: generation));
            Assert.That(directory.Register(Entries.For(pair.Edge)), Is.Null);
            Assert.That(directory.Find(pair.Edge.Identity.TunnelId)!.Pick(except: null)!.Link, Is.SameAs(pair.Edge), "The new link serves at once.");

            carrier.StallWrites();
            var stream = pair.Edge.OpenStream();
            _ = stream.Output.WriteAsync(new byte[WindowAndMore]).AsTask();
            links.Add(pair.Edge);
        }

        Assert.That(directory.Count, Is.EqualTo(1));
        directory.CloseAll(TunnelCode.Shutdown, "end of the test");

        // Their last words wait behind the stuck write, and for no longer than a moment.
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.EndAsync(Task.WhenAll(links.Select(link => link.Closed)));

        Assert.That(links.SkipLast(1).Select(link => link.Closed.Result.Code), Is.All.EqualTo(TunnelCode.Replaced));
        await Eventually.ThatAsync(() => directory.Count == 0, "nothing is left");
    }
}
