using System.Net;
using McpTunnel.IntegrationTests.Transport.Quic;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Transport;

/// <summary>
/// A peer that goes on talking and takes nothing, over real sockets. Its own clock stands still, so that it does not notice anything; the edge has to.
/// </summary>
[CancelAfter(120_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class StalledPeerTests
{
    private const int Streams = 64;
    private const int Part = 64 * 1024;
    private const long MiB = 1024 * 1024;

    /// <summary>What all streams together want to send: a gibibyte.</summary>
    private const long Offered = 1024 * MiB;

    /// <summary>
    /// Half a mebibyte a stream, for what waits in its pipe and for its window, and as much again for sockets and native libraries on the way: a sixteenth of the offer.
    /// </summary>
    private const long Bound = 2 * Streams * MiB / 2;

    /// <summary>A quarter of what waits in the pipes of all streams.</summary>
    private const long Left = Bound / 64;

    private static readonly LinkOptions Quick = new() { PingAfter = TimeSpan.FromMilliseconds(500), DeadAfter = TimeSpan.FromSeconds(4), MeasureEvery = TimeSpan.FromSeconds(1) };

    private long _taken;

    [Test]
    public async Task F29_peer_that_stops_reading_over_tls_is_declared_dead_and_what_is_written_to_it_stays_bounded(CancellationToken cancellationToken)
    {
        await using var fixture = await TlsCarrierFixture.StartAsync(options: Quick);
        await using var wire = new TcpWire(new IPEndPoint(IPAddress.Loopback, fixture.Port));
        var client = await fixture.Dialer(change: dial => dial with { ConnectTo = wire.EndPoint }, time: new FakeTimeProvider()).DialAsync(LinkPair.Hello(), cancellationToken);
        await using var pair = new LinkPair(await fixture.Authorizer.FirstLink, client);

        await StallAsync(pair, wire.StopTowardsClient, cancellationToken);
    }

    [Test]
    [Category("Quic")]
    public async Task F29_peer_that_stops_reading_over_quic_is_declared_dead_and_what_is_written_to_it_stays_bounded(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync(options: Quick);
        await using var wire = new UdpWire(fixture.Listener.EndPoint);
        var client = await fixture.Dialer(change: dial => dial with { ConnectTo = wire.EndPoint }, time: new FakeTimeProvider()).DialAsync(LinkPair.Hello(), cancellationToken);
        await using var pair = new LinkPair(await fixture.Authorizer.FirstLink, client);

        await StallAsync(pair, wire.CutTowardsClients, cancellationToken);
    }

    private async Task StallAsync(LinkPair pair, Action stall, CancellationToken cancellationToken)
    {
        var streams = new List<ILinkStream>();
        for (var i = 0; i < Streams; i++)
        {
            streams.Add((await pair.OpenAsync()).Edge);
        }

        await TestProcess.SettleAsync();
        var heap = TestProcess.LiveHeap();
        var process = Environment.WorkingSet;
        var started = TimeProvider.System.GetTimestamp();
        stall();
        var writing = streams.ConvertAll(WriteAllAsync);
        var (most, mostOfProcess) = (0L, 0L);
        while (!pair.Edge.Closed.IsCompleted)
        {
            // It still talks: silence is not what ends the link.
            await AnnounceAsync(pair.Client, cancellationToken);
            most = Math.Max(most, TestProcess.LiveHeap() - heap);
            mostOfProcess = Math.Max(mostOfProcess, Environment.WorkingSet - process);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }

        var closure = await pair.Edge.Closed;
        await TestContext.Out.WriteLineAsync(
            $"{pair.Edge.Carrier}: {closure} after {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s; of {Offered / MiB} MiB taken {_taken / MiB}, heap at most {most / MiB} MiB more, process {mostOfProcess / MiB} MiB more");

        Assert.That((closure.Code, closure.Detail), Is.EqualTo((TunnelCode.PeerDead, "The peer took nothing for 4.0 s.")));
        for (var i = 0; i < Streams; i++)
        {
            Assert.That(async () => await Eventually.EndAsync(writing[i]), Throws.InstanceOf<IOException>(), "each stream fails");
            await streams[i].DisposeAsync();
        }

        Assert.Multiple(() =>
        {
            Assert.That(_taken, Is.LessThan(Bound));
            Assert.That(most, Is.LessThan(Bound));
            Assert.That(mostOfProcess, Is.LessThan(2 * Bound), "native memory included");
        });
        await Eventually.ThatAsync(() => pair.Edge.StreamCount == 0, "streams are released");
        await Eventually.ThatAsync(() => TestProcess.LiveHeap() - heap < Left, "and so is what waited in them");
    }

    /// <summary>Writes its share as fast as it is taken.</summary>
    private async Task WriteAllAsync(ILinkStream stream)
    {
        await Task.Yield();
        var part = new byte[Part];
        for (var written = 0L; written < Offered / Streams; written += part.Length)
        {
            await stream.Output.WriteAsync(part);
            Interlocked.Add(ref _taken, part.Length);
        }
    }

    private static async Task AnnounceAsync(ILink client, CancellationToken cancellationToken)
    {
        try
        {
            await client.AnnounceAsync(["docs"], cancellationToken);
        }
        catch (IOException)
        {
            // The edge has ended the link meanwhile.
        }
    }
}
