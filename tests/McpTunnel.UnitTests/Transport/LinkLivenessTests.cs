using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport;

[CancelAfter(30_000)]
public sealed class LinkLivenessTests
{
    private readonly FakeTimeProvider _time = new();

    [Test]
    public async Task F15_black_hole_is_noticed_within_15_s_by_both_ends_and_streams_fail(CancellationToken cancellationToken)
    {
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        var edgeCarrier = new FaultyStream(edgeEnd);
        var clientCarrier = new FaultyStream(clientEnd);
        await using var pair = await LinkPair.CreateAsync(edgeCarrier, clientCarrier, time: _time);
        var (edge, client) = await pair.OpenAsync();

        // Nothing arrives any more, at either end; writes vanish into buffers.
        edgeCarrier.StallReads();
        clientCarrier.StallReads();
        await AdvanceAsync(TimeSpan.FromSeconds(15));

        Assert.That((await pair.Edge.Closed.WaitAsync(cancellationToken)).Code, Is.EqualTo(TunnelCode.PeerDead));
        Assert.That((await pair.Client.Closed.WaitAsync(cancellationToken)).Code, Is.EqualTo(TunnelCode.PeerDead));
        Assert.That(async () => await edge.Input.ReadAsync(cancellationToken), Throws.InstanceOf<IOException>());
        Assert.That(async () => await client.Input.ReadAsync(cancellationToken), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task Quiet_link_lives_on_because_each_end_asks()
    {
        await using var pair = await LinkPair.CreateAsync(time: _time);

        await AdvanceAsync(TimeSpan.FromMinutes(5));

        Assert.That((pair.Edge.State, pair.Client.State), Is.EqualTo((LinkState.Active, LinkState.Active)));
        Assert.That(pair.Edge.RoundTripTime, Is.Not.Null);
        Assert.That(pair.Client.RoundTripTime, Is.Not.Null);
    }

    [Test]
    public async Task F28_draining_link_keeps_asking()
    {
        await using var pair = await LinkPair.CreateAsync(time: _time);
        var (_, client) = await pair.OpenAsync();
        pair.Edge.BeginDrain(TunnelCode.EdgeDraining, "test");

        await AdvanceAsync(TimeSpan.FromMinutes(5));

        Assert.That((pair.Edge.State, pair.Client.State), Is.EqualTo((LinkState.Draining, LinkState.Draining)));
        Assert.That(client.Closed.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task F28_peer_that_dies_while_the_link_drains_is_noticed_within_15_s_by_both_ends(CancellationToken cancellationToken)
    {
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        var edgeCarrier = new FaultyStream(edgeEnd);
        var clientCarrier = new FaultyStream(clientEnd);
        await using var pair = await LinkPair.CreateAsync(edgeCarrier, clientCarrier, time: _time);
        await pair.OpenAsync();
        pair.Edge.BeginDrain(TunnelCode.EdgeDraining, "test");
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        var drained = (pair.Edge.State, pair.Client.State);

        edgeCarrier.StallReads();
        clientCarrier.StallReads();
        await AdvanceAsync(TimeSpan.FromSeconds(15));

        Assert.That(drained, Is.EqualTo((LinkState.Draining, LinkState.Draining)));
        Assert.That((await pair.Edge.Closed.WaitAsync(cancellationToken)).Code, Is.EqualTo(TunnelCode.PeerDead));
        Assert.That((await pair.Client.Closed.WaitAsync(cancellationToken)).Code, Is.EqualTo(TunnelCode.PeerDead));
    }

    [Test]
    public async Task F29_peer_that_stops_reading_is_declared_dead_though_it_still_talks(CancellationToken cancellationToken)
    {
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        var edgeCarrier = new FaultyStream(edgeEnd);
        await using var pair = await LinkPair.CreateAsync(edgeCarrier, clientEnd, time: _time, clientTime: TimeProvider.System);
        var (edge, _) = await pair.OpenAsync();

        edgeCarrier.StallWrites();
        await edge.Output.WriteAsync(new byte[1000], cancellationToken);
        for (var i = 0; i < 15 && pair.Edge.State != LinkState.Closed; i++)
        {
            // The client keeps talking, on a clock that stands still beside this one; only its reading has stopped.
            await pair.Client.AnnounceAsync(["docs"], cancellationToken);
            await AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        Assert.That((await pair.Edge.Closed.WaitAsync(cancellationToken)).Code, Is.EqualTo(TunnelCode.PeerDead));
    }

    /// <summary>Moves the clock in small steps, letting what is due run between them.</summary>
    private async Task AdvanceAsync(TimeSpan by)
    {
        for (var passed = TimeSpan.Zero; passed < by; passed += TimeSpan.FromMilliseconds(500))
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            for (var i = 0; i < 20; i++)
            {
                await Task.Yield();
            }

            await Task.Delay(1);
        }
    }
}
