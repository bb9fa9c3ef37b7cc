using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport;

[CancelAfter(30_000)]
public sealed class LinkStreamTests
{
    [Test]
    public async Task OpenStream_first_bytes_arrive_with_the_stream(CancellationToken cancellationToken)
    {
        await using var pair = await LinkPair.CreateAsync();
        var edge = pair.Edge.OpenStream();
        await edge.Output.WriteAsync("hello"u8.ToArray(), cancellationToken);
        var client = await pair.Client.AcceptStreamAsync(cancellationToken);

        Assert.That(await ReadExactlyAsync(client!.Input, 5), Is.EqualTo("hello"u8.ToArray()));
        Assert.That(pair.Edge.StreamCount, Is.EqualTo(1));
    }

    [TestCase(1)]
    [TestCase(256 * 1024)]
    [TestCase(5_000_000)]
    public async Task Stream_carries_bytes_both_ways_unchanged(int size)
    {
        await using var pair = await LinkPair.CreateAsync();
        var (edge, client) = await pair.OpenAsync();
        var down = RandomNumberGenerator.GetBytes(size);
        var up = RandomNumberGenerator.GetBytes(size);

        var sent = Task.WhenAll(SendAndEndAsync(edge.Output, down), SendAndEndAsync(client.Output, up));
        var received = await Task.WhenAll(ReadToEndAsync(client.Input), ReadToEndAsync(edge.Input));
        await sent;

        Assert.That(received[0].AsSpan().SequenceEqual(down), Is.True);
        Assert.That(received[1].AsSpan().SequenceEqual(up), Is.True);
    }

    [Test]
    public async Task Stream_ended_both_ways_is_forgotten_and_its_token_fires(CancellationToken cancellationToken)
    {
        await using var pair = await LinkPair.CreateAsync();
        var (edge, client) = await pair.OpenAsync();

        await edge.Output.CompleteAsync();
        await client.Output.CompleteAsync();

        await AwaitAsync(edge.Closed, cancellationToken);
        await AwaitAsync(client.Closed, cancellationToken);
        Assert.That((pair.Edge.StreamCount, pair.Client.StreamCount), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Abort_fails_both_directions_at_the_peer(CancellationToken cancellationToken)
    {
        await using var pair = await LinkPair.CreateAsync();
        var (edge, client) = await pair.OpenAsync();

        edge.Abort();

        await AwaitAsync(client.PeerClosed, cancellationToken);
        Assert.That(async () => await client.Input.ReadAsync(), Throws.InstanceOf<IOException>());
        Assert.That(async () => await client.Output.WriteAsync(new byte[1]), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task DisposeAsync_after_completed_output_still_delivers_every_byte()
    {
        await using var pair = await LinkPair.CreateAsync();
        var (edge, client) = await pair.OpenAsync();
        var bytes = RandomNumberGenerator.GetBytes(200_000);

        var sending = Task.Run(async () =>
        {
            await SendAndEndAsync(client.Output, bytes);
            await client.DisposeAsync();
        });

        Assert.That(await ReadToEndAsync(edge.Input), Is.EqualTo(bytes));
        await sending;
    }

    [Test]
    public async Task F19_stalled_streams_do_not_slow_another()
    {
        await using var pair = await LinkPair.CreateAsync();
        var (stalledDown, _) = await pair.OpenAsync();
        var (_, stalledUp) = await pair.OpenAsync();
        var (edge, client) = await pair.OpenAsync();
        var full = Task.WhenAll(FillAsync(stalledDown.Output), FillAsync(stalledUp.Output));

        var bytes = RandomNumberGenerator.GetBytes(4_000_000);
        var sent = Task.WhenAll(SendAndEndAsync(edge.Output, bytes), SendAndEndAsync(client.Output, bytes));
        var received = await Task.WhenAll(ReadToEndAsync(client.Input), ReadToEndAsync(edge.Input));
        await sent;

        Assert.That(received.Select(r => r.AsSpan().SequenceEqual(bytes)), Is.All.True);
        Assert.That(full.IsCompleted, Is.False, "the stalled streams were not stalled");
    }

    [Test]
    public async Task OpenStream_on_a_closed_link_is_a_typed_refusal()
    {
        await using var pair = await LinkPair.CreateAsync();
        await pair.Client.CloseAsync(TunnelCode.Shutdown, "bye");

        var closure = await pair.Edge.Closed;

        Assert.That((closure.Code, closure.ByPeer), Is.EqualTo((TunnelCode.Shutdown, true)));
        Assert.That(() => pair.Edge.OpenStream(), Throws.InstanceOf<LinkUnavailableException>());
    }

    [TestCase(3)]
    public async Task OpenStream_beyond_the_limit_is_refused(int limit)
    {
        await using var pair = await LinkPair.CreateAsync(new LinkOptions { MaxStreams = limit });
        for (var i = 0; i < limit; i++)
        {
            await pair.OpenAsync();
        }

        var refusal = Assert.Throws<LinkUnavailableException>(() => pair.Edge.OpenStream());
        Assert.That(refusal!.Code, Is.EqualTo(TunnelCode.StreamLimit));
    }

    internal static async Task SendAndEndAsync(PipeWriter writer, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, 10_000)];
            await writer.WriteAsync(part);
            bytes = bytes[part.Length..];
        }

        await writer.CompleteAsync();
    }

    internal static async Task<byte[]> ReadToEndAsync(PipeReader reader)
    {
        using var all = new MemoryStream();
        await reader.CopyToAsync(all);
        return all.ToArray();
    }

    internal static async Task<byte[]> ReadExactlyAsync(PipeReader reader, int count)
    {
        var result = await reader.ReadAtLeastAsync(count);
        var bytes = result.Buffer.Slice(0, count).ToArray();
        reader.AdvanceTo(result.Buffer.GetPosition(count));
        return bytes;
    }

    internal static async Task AwaitAsync(CancellationToken fires, CancellationToken cancellationToken)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = fires.Register(fired.SetResult);
        await fired.Task.WaitAsync(cancellationToken);
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
