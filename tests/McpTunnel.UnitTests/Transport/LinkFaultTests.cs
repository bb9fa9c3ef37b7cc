using System.Security.Cryptography;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport;

[CancelAfter(240_000)]
public sealed class LinkFaultTests
{
    [Test]
    public async Task F1_every_order_of_letting_go_releases_the_stream_100_000_times()
    {
        await using var pair = await LinkPair.CreateAsync();
        long before = 0;
        for (var i = 0; i < 100_000; i++)
        {
            await StreamEndings.OpenAndEndAsync(pair, StreamEndings.All[i % StreamEndings.All.Length], unbegunIsTold: false);
            if (i == 10_000)
            {
                before = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        await EventuallyAsync(() => pair.Edge.StreamCount == 0 && pair.Client.StreamCount == 0);
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.That(grown, Is.LessThan(4 * 1024 * 1024), "90,000 more streams must not be held by anything");
    }

    [Test]
    public async Task Violation_ends_the_link_by_this_side_and_names_it(CancellationToken cancellationToken)
    {
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        await using var pair = await LinkPair.CreateAsync(edgeEnd, clientEnd);

        await clientEnd.WriteAsync(new byte[] { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 }, cancellationToken);

        var closure = await pair.Edge.Closed.WaitAsync(cancellationToken);
        Assert.That((closure.Code, closure.ByPeer), Is.EqualTo((TunnelCode.ProtocolError, false)));
    }

    [Test]
    public async Task F8_bytes_in_the_same_read_as_the_welcome_are_not_lost()
    {
        // The edge opens a stream the moment it may, so welcome and stream leave in one write; the client reads them whole or byte by byte.
        foreach (var size in new[] { int.MaxValue, 1 })
        {
            var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
            await using var pair = await LinkPair.CreateAsync(edgeEnd, new FaultyStream(clientEnd) { MaxReadSize = size }, onWelcomed: link =>
            {
                var stream = link.OpenStream();
                _ = stream.Output.WriteAsync("first"u8.ToArray()).AsTask();
            });

            var accepted = await pair.Client.AcceptStreamAsync(CancellationToken.None);
            Assert.That(await StreamBytes.ReadExactlyAsync(accepted!.Input, 5), Is.EqualTo("first"u8.ToArray()));
        }
    }

    [Test]
    public async Task F2_slow_reader_holds_no_more_than_its_window()
    {
        await using var pair = await LinkPair.CreateAsync();
        var (edge, client) = await pair.OpenAsync();
        long written = 0;
        var writing = Task.Run(async () =>
        {
            var part = new byte[16 * 1024];
            while (!(await client.Output.WriteAsync(part)).IsCompleted)
            {
                Interlocked.Add(ref written, part.Length);
            }
        });

        await EventuallyAsync(() => Interlocked.Read(ref written) > 256 * 1024);
        var last = -1L;
        await EventuallyAsync(() => last == (last = Interlocked.Read(ref written)), steady: 20);

        // A window at the reader's end, a pause threshold of the client at the writer's, one write in hand.
        Assert.That(written, Is.LessThanOrEqualTo((256 + 256 + 32) * 1024));
        edge.Abort();
        Assert.That(async () => await writing, Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task F16_same_instance_back_10_000_times_while_the_old_end_hangs_in_a_write()
    {
        // The first ones make what stays: pools and code.
        await ReplaceAsync(100);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await ReplaceAsync(10_000);

        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(2 * 1024 * 1024), "200 bytes of each link would be seen");
    }

    private static async Task ReplaceAsync(int times)
    {
        var (ended, disposed) = (0, 0);
        for (var generation = 1; generation <= times; generation++)
        {
            var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair(buffer: 1024);
            var carrier = new FaultyStream(edgeEnd);
            var pair = await LinkPair.CreateAsync(carrier, clientEnd, hello: LinkPair.Hello(generation: generation));
            carrier.StallWrites();
            pair.Edge.BeginDrain(TunnelCode.Replaced, "a write that hangs");

            // What the directory does when the next generation comes.
            var closing = pair.Edge.CloseAsync(TunnelCode.Replaced, "A newer link took over.").AsTask();
            _ = closing.ContinueWith(
                _ =>
                {
                    Interlocked.Add(ref disposed, carrier.IsDisposed ? 1 : 0);
                    Interlocked.Increment(ref ended);
                },
                TaskScheduler.Default);
        }

        await EventuallyAsync(() => Volatile.Read(ref ended) == times);
        Assert.That(disposed, Is.EqualTo(times));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(40)]
    [TestCase(200)]
    public async Task F20_handshake_cut_off_at_any_byte_leaves_nothing_open(int bytes)
    {
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        var edgeCarrier = new FaultyStream(edgeEnd);
        var clientCarrier = new FaultyStream(clientEnd) { FailAfterWrite = bytes };
        using var certificate = LinkPair.NewCertificate();
        var edge = EdgeHandshake.RunAsync(
            edgeCarrier, Carrier.Tls, certificate, "127.0.0.1", "edge", new AcceptingAuthorizer(), new LinkOptions(), TimeProvider.System, CancellationToken.None);

        Assert.That(
            async () => await ClientHandshake.RunAsync(clientCarrier, Carrier.Tls, LinkPair.Hello(), new LinkOptions(), TimeProvider.System, CancellationToken.None),
            Throws.InstanceOf<LinkConnectException>());
        Assert.That(await edge, Is.Null);
        await EventuallyAsync(() => edgeCarrier.IsDisposed && clientCarrier.IsDisposed);
    }

    [TestCase(50, 1_000, ExpectedResult = true)]
    [TestCase(50, 600_000, ExpectedResult = true)]
    [TestCase(49, 1_000, ExpectedResult = false)]
    [TestCase(50, 999, ExpectedResult = false)]
    [TestCase(50, 600_001, ExpectedResult = false)]
    public async Task<bool> Welcome_with_these_times_is_taken(int pingAfter, int deadAfter)
    {
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        using var certificate = LinkPair.NewCertificate();
        var asked = new LinkOptions { PingAfter = TimeSpan.FromMilliseconds(pingAfter), DeadAfter = TimeSpan.FromMilliseconds(deadAfter) };
        var edge = EdgeHandshake.RunAsync(edgeEnd, Carrier.Tls, certificate, "127.0.0.1", "edge", new AcceptingAuthorizer(), asked, new FakeTimeProvider(), CancellationToken.None);
        try
        {
            await using var client = await ClientHandshake.RunAsync(clientEnd, Carrier.Tls, LinkPair.Hello(), new LinkOptions(), new FakeTimeProvider(), CancellationToken.None);
            return true;
        }
        catch (LinkConnectException refused)
        {
            Assert.That(refused.Message, Does.Contain($"{pingAfter} ms").And.Contain($"{deadAfter} ms"), "both sides of the disagreement are named");
            return false;
        }
        finally
        {
            await clientEnd.DisposeAsync();
            if (await edge is { } link)
            {
                await link.DisposeAsync();
            }
        }
    }

    [Test]
    public async Task Bytes_that_break_yamux_end_the_link_with_a_code_and_the_peer_hears_goaway()
    {
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        using var certificate = LinkPair.NewCertificate();
        var edge = EdgeHandshake.RunAsync(
            edgeEnd, Carrier.Tls, certificate, "127.0.0.1", "edge", new AcceptingAuthorizer(), new LinkOptions(), TimeProvider.System, CancellationToken.None);

        await clientEnd.WriteAsync(RandomNumberGenerator.GetBytes(1).Concat(new byte[11]).Select(b => (byte)(b | 0x80)).ToArray());

        var answer = new byte[12];
        await clientEnd.ReadExactlyAsync(answer);
        Assert.That(answer, Is.EqualTo(new byte[] { 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }));
        Assert.That(await edge, Is.Null);
    }

    [Test]
    public async Task Streams_opened_and_reset_faster_than_they_are_taken_are_refused_at_the_limit()
    {
        const int limit = 50;
        await using var pair = await LinkPair.CreateAsync(new LinkOptions { MaxStreams = limit });
        for (var i = 0; i < 4 * limit; i++)
        {
            var stream = pair.Edge.OpenStream();
            await stream.Output.WriteAsync(new byte[1]);

            // Refused or not, the client has dealt with it.
            await EventuallyAsync(() => pair.Client.BytesReceived > 0);
            stream.Abort();
            await EventuallyAsync(() => pair.Client.StreamCount == 0);
        }

        await pair.Edge.DisposeAsync();
        var taken = 0;
        while (await pair.Client.AcceptStreamAsync(CancellationToken.None) is not null)
        {
            taken++;
        }

        Assert.That(taken, Is.LessThanOrEqualTo(limit));
    }

    private static async Task EventuallyAsync(Func<bool> condition, int steady = 1)
    {
        for (var held = 0; held < steady;)
        {
            held = condition() ? held + 1 : 0;
            await Task.Delay(5);
        }
    }
}
