using System.Net;
using System.Net.Sockets;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.IntegrationTests.Transport.Quic;

/// <summary>What goes wrong with links over QUIC, over real UDP on loopback.</summary>
[Category("Quic")]
[CancelAfter(120_000)]
public sealed class QuicLinkFaultTests
{
    private const int AtOnce = 16;

    [Test]
    public async Task F1_every_order_of_letting_go_releases_the_stream_thousands_of_times()
    {
        const int times = 4_500;
        await using var pair = await QuicCarrierFixture.CreatePairAsync();
        long before = 0;
        for (var i = 0; i < times; i++)
        {
            await StreamEndings.OpenAndEndAsync(pair, StreamEndings.All[i % StreamEndings.All.Length], unbegunIsTold: true);
            if (i == times / 3)
            {
                await Eventually.ThatAsync(() => pair.Edge.StreamCount == 0 && pair.Client.StreamCount == 0, "streams are released");
                await TestProcess.SettleAsync();
                before = TestProcess.LiveHeap();
            }
        }

        await Eventually.ThatAsync(() => pair.Edge.StreamCount == 0 && pair.Client.StreamCount == 0, "streams are released");
        var grown = TestProcess.LiveHeap() - before;
        Assert.That(grown, Is.LessThan(2 * 1024 * 1024), "3,000 more streams must not be held by anything");
        Assert.That((pair.Edge.State, pair.Client.State), Is.EqualTo((LinkState.Active, LinkState.Active)));
    }

    [Test]
    public async Task F2_slow_reader_holds_no_more_than_its_windows()
    {
        await using var pair = await QuicCarrierFixture.CreatePairAsync();
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
        await Eventually.ThatAsync(() => Interlocked.Read(ref written) > 256 * 1024, "the window is used");
        var last = -1L;
        var steady = 0;
        await Eventually.ThatAsync(() => (steady = last == (last = Interlocked.Read(ref written)) ? steady + 1 : 0) > 40, "the writer waits");

        // At the reader's end its pipe, the runtime's buffer, and the window, which may have doubled; at the writer's end its pipe, and what the library takes ahead.
        Assert.That(written, Is.LessThan(2 * 1024 * 1024));
        edge.Abort();
        Assert.That(async () => await writing, Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task F8_bytes_that_come_together_with_the_welcome_are_not_lost(CancellationToken cancellationToken)
    {
        await using var pair = await QuicCarrierFixture.CreatePairAsync(onWelcomed: link =>
        {
            for (var i = 0; i < 20; i++)
            {
                _ = link.OpenStream().Output.WriteAsync("first"u8.ToArray()).AsTask();
            }
        });

        for (var i = 0; i < 20; i++)
        {
            var accepted = await pair.Client.AcceptStreamAsync(cancellationToken);
            Assert.That(await StreamBytes.ReadExactlyAsync(accepted!.Input, 5), Is.EqualTo("first"u8.ToArray()));
        }
    }

    [Test]
    public async Task F15_black_hole_is_noticed_by_both_ends_and_streams_fail(CancellationToken cancellationToken)
    {
        var quick = new LinkOptions { PingAfter = TimeSpan.FromMilliseconds(200), DeadAfter = TimeSpan.FromSeconds(1) };
        await using var fixture = await QuicCarrierFixture.StartAsync(options: quick);
        await using var wire = new UdpWire(fixture.Listener.EndPoint);
        await using var client = await fixture.Dialer(quick, dial => dial with { ConnectTo = wire.EndPoint }).DialAsync(LinkPair.Hello(), cancellationToken);
        await using var pair = new LinkPair(await fixture.Authorizer.FirstLink, client);
        var (edgeStream, clientStream) = await pair.OpenAsync();

        wire.Cut();

        Assert.That((await pair.Edge.Closed.WaitAsync(cancellationToken)).Code, Is.EqualTo(TunnelCode.PeerDead));
        Assert.That((await pair.Client.Closed.WaitAsync(cancellationToken)).Code, Is.EqualTo(TunnelCode.PeerDead));
        Assert.That(async () => await edgeStream.Input.ReadAsync(cancellationToken), Throws.InstanceOf<IOException>());
        Assert.That(async () => await clientStream.Input.ReadAsync(cancellationToken), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task Quiet_link_lives_on_because_each_end_asks(CancellationToken cancellationToken)
    {
        var quick = new LinkOptions { PingAfter = TimeSpan.FromMilliseconds(50), DeadAfter = TimeSpan.FromMilliseconds(1_000), MeasureEvery = TimeSpan.FromMilliseconds(100) };
        await using var pair = await QuicCarrierFixture.CreatePairAsync(quick);
        var began = pair.Edge.LastSeen;

        await Eventually.ThatAsync(() => pair.Edge.LastSeen - began > 2 * quick.DeadAfter && pair.Client.RoundTripTime is not null, "the link outlives its limit");

        Assert.That((pair.Edge.State, pair.Client.State), Is.EqualTo((LinkState.Active, LinkState.Active)));
    }

    [Test]
    public async Task F16_same_instance_back_hundreds_of_times_while_the_old_end_is_gone(CancellationToken cancellationToken)
    {
        const int times = 600;
        await using var fixture = await QuicCarrierFixture.StartAsync();
        await using var wire = new UdpWire(fixture.Listener.EndPoint);
        var (registered, closed) = (0, 0);
        ILink? last = null;
        fixture.Authorizer.OnRegistered = link =>
        {
            // What the directory does when the next generation comes.
            var before = Interlocked.Exchange(ref last, link);
            _ = before?.CloseAsync(TunnelCode.Replaced, "A newer link took over.").AsTask();
            _ = link.Closed.ContinueWith(_ => Interlocked.Increment(ref closed), TaskScheduler.Default);
            Interlocked.Increment(ref registered);
        };
        async Task ReplaceAsync(int from, int to)
        {
            for (var generation = from; generation <= to; generation++)
            {
                var client = await fixture.Dialer(change: dial => dial with { ConnectTo = wire.EndPoint })
                    .DialAsync(LinkPair.Hello(generation: generation), cancellationToken);
                wire.CutAllSoFar();

                // Its end is of this process too, and is none of what is counted.
                _ = client.DisposeAsync().AsTask();
            }

            await Eventually.ThatAsync(() => registered == to && closed >= to - 1, "every predecessor is closed");
            await Eventually.ThatAsync(() => fixture.Admission.Connections <= 1, "nothing of them is left at the edge");
        }

        // The first ones make what stays: code, and pools for as many as hang at a time.
        await ReplaceAsync(1, times / 2);
        await TestProcess.SettleAsync();
        var before = TestProcess.LiveHeap();

        await ReplaceAsync((times / 2) + 1, times);

        await Eventually.ThatAsync(() => TestProcess.LiveHeap() - before < 4 * 1024 * 1024, "14 KiB of each link would be seen; the wire holds a socket of each");
    }

    [Test]
    public async Task F17_two_thousand_refused_dials_leave_no_socket_thread_or_memory(CancellationToken cancellationToken)
    {
        const int times = 2_000;
        await using var fixture = await QuicCarrierFixture.StartAsync(_ => LinkDecision.Refuse(TunnelCode.TokenRevoked, "The token was revoked."));
        await FailAsync(fixture, times / 4, cancellationToken);
        await Eventually.ThatAsync(() => fixture.Admission.Connections == 0, "the edge lets go of every connection");
        await TestProcess.SettleAsync();
        var (handles, threads, memory) = (Handles(), Threads(), TestProcess.LiveHeap());

        await FailAsync(fixture, times, cancellationToken);

        await Eventually.ThatAsync(() => fixture.Admission.Connections == 0, "the edge lets go of every connection");
        await Eventually.ThatAsync(() => Handles() <= handles + 10, "sockets are closed");
        await Eventually.ThatAsync(() => Threads() <= threads + 10, "threads end");
        await Eventually.ThatAsync(() => TestProcess.LiveHeap() - memory < 2 * 1024 * 1024, "1 KiB of each dial would be seen");
    }

    [Test]
    public async Task F17_a_thousand_dials_to_nobody_leave_no_handles_and_say_what_to_check(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync();
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var dialer = fixture.Dialer(change: dial => dial with { ConnectTo = silent.LocalEndPoint, ConnectTimeout = TimeSpan.FromMilliseconds(200) });
        var failure = (await Assert.ThrowsAsync<LinkConnectException>(() => dialer.DialAsync(LinkPair.Hello(), cancellationToken)))!;
        var before = Handles();

        for (var i = 0; i < 20; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Assert.ThrowsAsync<LinkConnectException>(() => dialer.DialAsync(LinkPair.Hello(), cancellationToken))));
        }

        Assert.That(failure.Message, Does.Contain("UDP"));
        Assert.That(failure.Fault, Is.EqualTo(LinkConnectFault.Unreachable));
        await Eventually.ThatAsync(() => Handles() <= before + 10, "sockets are closed");
    }

    [Test]
    public async Task F20_dial_given_up_at_any_moment_leaves_nothing(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync(options: new LinkOptions { HandshakeTimeout = TimeSpan.FromSeconds(2) });
        for (var microseconds = 0; microseconds < 20_000; microseconds += 500)
        {
            using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            given.CancelAfter(TimeSpan.FromMicroseconds(microseconds));
            try
            {
                await using var link = await fixture.Dialer().DialAsync(LinkPair.Hello(), given.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or LinkConnectException)
            {
                // As the test wants.
            }
        }

        await Eventually.ThatAsync(() => fixture.Admission.Connections == 0, "the edge lets go of every connection");
        await using var last = await fixture.Dialer().DialAsync(LinkPair.Hello(), cancellationToken);
        Assert.That(last.State, Is.EqualTo(LinkState.Active));
    }

    /// <summary>Several at once, as the links of several clients.</summary>
    private static Task FailAsync(QuicCarrierFixture fixture, int times, CancellationToken cancellationToken) => Task.WhenAll(
        Enumerable.Range(0, AtOnce).Select(_ => Task.Run(
            async () =>
            {
                for (var i = 0; i < times / AtOnce; i++)
                {
                    await Assert.ThrowsAsync<LinkRefusedException>(() => fixture.Dialer().DialAsync(LinkPair.Hello(), cancellationToken));
                }
            },
            cancellationToken)));

    private static int Threads() => Directory.GetFileSystemEntries("/proc/self/task").Length;

    private static int Handles()
    {
        // Certificates and chains of handshakes wait for the collector; sockets must not.
        Requires.Linux();
        return Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
    }
}
