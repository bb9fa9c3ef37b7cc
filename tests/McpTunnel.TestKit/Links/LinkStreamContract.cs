using System.IO.Pipelines;
using System.Security.Cryptography;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport;
using NUnit.Framework;

namespace McpTunnel.TestKit.Links;

/// <summary>What streams of a link do, whatever it runs on. A fixture for each carrier inherits it and brings the pair.</summary>
[CancelAfter(30_000)]
public abstract class LinkStreamContract
{
    protected abstract Task<LinkPair> CreatePairAsync(LinkOptions? options = null);

    [Test]
    public async Task OpenStream_first_bytes_arrive_with_the_stream(CancellationToken cancellationToken)
    {
        await using var pair = await CreatePairAsync();
        var edge = pair.Edge.OpenStream();
        await edge.Output.WriteAsync("hello"u8.ToArray(), cancellationToken);
        var client = await pair.Client.AcceptStreamAsync(cancellationToken);

        Assert.That(await StreamBytes.ReadExactlyAsync(client!.Input, 5), Is.EqualTo("hello"u8.ToArray()));
        Assert.That(pair.Edge.StreamCount, Is.EqualTo(1));
    }

    [TestCase(1)]
    [TestCase(256 * 1024)]
    [TestCase(5_000_000)]
    public async Task Stream_carries_bytes_both_ways_unchanged(int size)
    {
        await using var pair = await CreatePairAsync();
        var (edge, client) = await pair.OpenAsync();
        var down = RandomNumberGenerator.GetBytes(size);
        var up = RandomNumberGenerator.GetBytes(size);

        var sent = Task.WhenAll(StreamBytes.SendAndEndAsync(edge.Output, down), StreamBytes.SendAndEndAsync(client.Output, up));
        var received = await Task.WhenAll(StreamBytes.ReadToEndAsync(client.Input), StreamBytes.ReadToEndAsync(edge.Input));
        await sent;

        Assert.That(received[0].AsSpan().SequenceEqual(down), Is.True);
        Assert.That(received[1].AsSpan().SequenceEqual(up), Is.True);
    }

    [Test]
    public async Task Stream_ended_both_ways_is_forgotten_and_its_token_fires(CancellationToken cancellationToken)
    {
        await using var pair = await CreatePairAsync();
        var (edge, client) = await pair.OpenAsync();

        await edge.Output.CompleteAsync();
        await client.Output.CompleteAsync();

        await StreamBytes.FiredAsync(edge.Closed, cancellationToken);
        await StreamBytes.FiredAsync(client.Closed, cancellationToken);
        Assert.That((pair.Edge.StreamCount, pair.Client.StreamCount), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Abort_fails_both_directions_at_the_peer(CancellationToken cancellationToken)
    {
        await using var pair = await CreatePairAsync();
        var (edge, client) = await pair.OpenAsync();

        edge.Abort();

        await StreamBytes.FiredAsync(client.PeerClosed, cancellationToken);
        Assert.That(async () => await client.Input.ReadAsync(), Throws.InstanceOf<IOException>());
        Assert.That(async () => await client.Output.WriteAsync(new byte[1]), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task DisposeAsync_after_completed_output_still_delivers_every_byte()
    {
        await using var pair = await CreatePairAsync();
        var (edge, client) = await pair.OpenAsync();
        var bytes = RandomNumberGenerator.GetBytes(200_000);

        var sending = Task.Run(async () =>
        {
            await StreamBytes.SendAndEndAsync(client.Output, bytes);
            await client.DisposeAsync();
        });

        Assert.That(await StreamBytes.ReadToEndAsync(edge.Input), Is.EqualTo(bytes));
        await sending;
    }

    [Test]
    public async Task F19_stalled_streams_do_not_slow_another()
    {
        await using var pair = await CreatePairAsync();
        var (stalledDown, _) = await pair.OpenAsync();
        var (_, stalledUp) = await pair.OpenAsync();
        var (edge, client) = await pair.OpenAsync();
        var full = Task.WhenAll(FillAsync(stalledDown.Output), FillAsync(stalledUp.Output));

        var bytes = RandomNumberGenerator.GetBytes(4_000_000);
        var sent = Task.WhenAll(StreamBytes.SendAndEndAsync(edge.Output, bytes), StreamBytes.SendAndEndAsync(client.Output, bytes));
        var received = await Task.WhenAll(StreamBytes.ReadToEndAsync(client.Input), StreamBytes.ReadToEndAsync(edge.Input));
        await sent;

        Assert.That(received.Select(r => r.AsSpan().SequenceEqual(bytes)), Is.All.True);
        Assert.That(full.IsCompleted, Is.False, "the stalled streams were not stalled");
    }

    [Test]
    public async Task Stream_that_nobody_reads_is_stalled_at_its_writer_until_somebody_does()
    {
        await using var pair = await CreatePairAsync();
        var (edge, client) = await pair.OpenAsync();
        var filling = FillAsync(edge.Output);

        await Eventually.ThatAsync(() => pair.Edge.Stalls is { Streams: 1, Time.Ticks: > 0 }, "it waits, and that counts already");
        Assert.That(pair.Client.Stalls, Is.EqualTo(default(LinkStalls)), "the reader is not the one that waits");

        edge.Abort();
        await filling;
        await Eventually.ThatAsync(() => pair.Edge.Stalls.Streams == 0, "nobody waits any more");
        var after = pair.Edge.Stalls.Time;
        await edge.DisposeAsync();
        await client.DisposeAsync();
        Assert.That(after, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(pair.Edge.Stalls.Time, Is.EqualTo(after), "and what was stays");
    }

    [Test]
    public async Task OpenStream_on_a_closed_link_is_a_typed_refusal()
    {
        await using var pair = await CreatePairAsync();
        await pair.Client.CloseAsync(TunnelCode.Shutdown, "bye");

        var closure = await pair.Edge.Closed;

        Assert.That((closure.Code, closure.ByPeer), Is.EqualTo((TunnelCode.Shutdown, true)));
        Assert.That(() => pair.Edge.OpenStream(), Throws.InstanceOf<LinkUnavailableException>());
    }

    [TestCase(3)]
    public async Task OpenStream_beyond_the_limit_is_refused(int limit)
    {
        await using var pair = await CreatePairAsync(new LinkOptions { MaxStreams = limit });
        for (var i = 0; i < limit; i++)
        {
            await pair.OpenAsync();
        }

        var refusal = Assert.Throws<LinkUnavailableException>(() => pair.Edge.OpenStream());
        Assert.That(refusal!.Code, Is.EqualTo(TunnelCode.StreamLimit));
    }

    private static async Task FillAsync(PipeWriter writer)
    {
        var part = new byte[16 * 1024];
        try
        {
            while (true)
            {
                await writer.WriteAsync(part);
            }
        }
        catch (IOException)
        {
            // The test is over.
        }
    }
}
