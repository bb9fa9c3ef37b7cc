using System.Text;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Yamux;
using static McpTunnel.IntegrationTests.Yamux.PatternStreams;

namespace McpTunnel.IntegrationTests.Yamux;

/// <summary>
/// Our multiplexer against HashiCorp's, in both roles, with either side opening. What Debian's version (of September 2019) does in its own way:
/// <list type="bullet">
/// <item>it opens a stream with an empty window update, blocks after 256 opened streams without ACK, and sends ACK when its user accepts;</item>
/// <item>its FIN rides on a window update; it acts on a FIN before it reads the payload of the same frame;</item>
/// <item>on a stream that it has ended itself it reports the end of the other half as soon as its buffer is empty, though more may come;</item>
/// <item>it has no call that resets a stream: it sends RST only for streams beyond its accept backlog, or after its own GOAWAY;</item>
/// <item>its window stays at 256 KiB unless configured; credit goes back at half of it; a sum of credits above 32 bits is not noticed;</item>
/// <item>it pings every 30 s, gives up after 10 s without an answer, and ends the session when a write takes longer than 10 s;</item>
/// <item>GOAWAY with code 0 stops opening only; with another code it ends the session. Closing a session sends none.</item>
/// </list>
/// </summary>
[TestFixture(YamuxRole.Client)]
[TestFixture(YamuxRole.Server)]
[Category("YamuxInterop")]
[CancelAfter(120_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class YamuxInteropTests(YamuxRole ours)
{
    private const int Large = 100 * 1024 * 1024;

    [TestCase(1)]
    [TestCase(256 * 1024)]
    [TestCase((256 * 1024) + 1)]
    [TestCase(3_000_000)]
    public async Task Echo_on_a_stream_of_ours(int size, CancellationToken cancellationToken)
    {
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken);
        var stream = await OpenAsync(peer.Connection, "echo", cancellationToken);

        await Task.WhenAll(WriteAsync(stream, size, cancellationToken), ExpectAsync(stream, size, cancellationToken));
        await stream.Output.CompleteAsync();

        Assert.That(await ReadToEndAsync(stream, cancellationToken), Is.Empty);
        await EndAsync(peer, cancellationToken);
    }

    [TestCase(1)]
    [TestCase(256 * 1024)]
    [TestCase((256 * 1024) + 1)]
    [TestCase(3_000_000)]
    public async Task Echo_on_a_stream_of_theirs(int size, CancellationToken cancellationToken)
    {
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken);
        _ = ServeAsync(peer.Connection);

        Assert.That(await peer.CommandAsync($"echo {size}", cancellationToken), Is.Empty);
        await EndAsync(peer, cancellationToken);
    }

    [Test]
    public async Task Hundred_mebibytes_both_ways_on_a_stream_of_ours(CancellationToken cancellationToken)
    {
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken);
        var stream = await OpenAsync(peer.Connection, $"bulk {Large}", cancellationToken);

        await Task.WhenAll(WriteAsync(stream, Large, cancellationToken), ExpectAsync(stream, Large, cancellationToken));
        await stream.Output.CompleteAsync();

        Assert.That(await ReadToEndAsync(stream, cancellationToken), Is.Empty);
        await EndAsync(peer, cancellationToken);
    }

    [Test]
    public async Task Hundred_mebibytes_both_ways_on_a_stream_of_theirs(CancellationToken cancellationToken)
    {
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken);
        _ = ServeAsync(peer.Connection);

        Assert.That(await peer.CommandAsync($"bulk {Large}", cancellationToken), Is.Empty);
        await EndAsync(peer, cancellationToken);
    }

    [Test]
    public async Task Half_close_by_us_leaves_their_half_open(CancellationToken cancellationToken)
    {
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken);
        var stream = await OpenAsync(peer.Connection, "sum", cancellationToken);
        await WriteAsync(stream, 1_000_000, cancellationToken);
        await stream.Output.CompleteAsync();

        Assert.That(Encoding.ASCII.GetString(await ReadToEndAsync(stream, cancellationToken)), Is.EqualTo(SumOf(1_000_000)));
        await EndAsync(peer, cancellationToken);
    }

    [Test]
    public async Task Half_close_by_them_leaves_our_half_open(CancellationToken cancellationToken)
    {
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken);
        _ = ServeAsync(peer.Connection);

        Assert.That(await peer.CommandAsync("sum 1000000", cancellationToken), Is.EqualTo(SumOf(1_000_000)));
        await EndAsync(peer, cancellationToken);
    }

    [Test]
    public async Task Reset_by_us_of_a_stream_of_ours_fails_their_read(CancellationToken cancellationToken)
    {
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken);
        var stream = await OpenAsync(peer.Connection, "hold", cancellationToken);
        while (await peer.CommandAsync("streams", cancellationToken) != "1")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
        }

        stream.Abort();

        while (!peer.Errors.Contains("hold: connection reset"))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
        }

        await EndAsync(peer, cancellationToken);
    }

    [Test]
    public async Task Reset_by_us_of_a_stream_of_theirs_fails_their_read(CancellationToken cancellationToken)
    {
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken);
        _ = ServeAsync(peer.Connection);

        Assert.That(await peer.CommandAsync("reset", cancellationToken), Is.Empty);
        await EndAsync(peer, cancellationToken);
    }

    [Test]
    public async Task Reset_by_them_of_a_stream_beyond_their_backlog_fails_our_read_and_no_other(CancellationToken cancellationToken)
    {
        const int Backlog = 2;
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken, Backlog);
        await peer.CommandAsync("pause", cancellationToken);

        // One may be in the accept call that the pause did not reach; two wait in the backlog.
        var streams = new List<Task<string>>();
        for (var i = 0; i < Backlog + 2; i++)
        {
            var stream = await OpenAsync(peer.Connection, "echo", cancellationToken);
            streams.Add(OutcomeAsync(stream, cancellationToken));
        }

        var first = await Task.WhenAny(streams);
        Assert.That(await first, Is.EqualTo("reset"));

        // What came before the ping on the same connection has been read when the answer to it has.
        Assert.That(await peer.CommandAsync("ping", cancellationToken), Is.Empty);
        Assert.That(streams.Take(Backlog).Select(stream => stream.IsCompleted), Is.All.False, "Those that fit are not reset.");
    }

    [Test]
    public async Task Ping_by_either_side_is_answered(CancellationToken cancellationToken)
    {
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken);
        var answered = new TaskCompletionSource<uint>(TaskCreationOptions.RunContinuationsAsynchronously);
        peer.Connection.PongReceived = value => answered.TrySetResult(value);

        peer.Connection.Ping(0xFFFFFFFE);

        Assert.That(await answered.Task.WaitAsync(cancellationToken), Is.EqualTo(0xFFFFFFFE));
        Assert.That(await peer.CommandAsync("ping", cancellationToken), Is.Empty);
        await EndAsync(peer, cancellationToken);
    }

    [Test]
    public async Task Go_away_by_us_stops_their_new_streams_and_no_old_one(CancellationToken cancellationToken)
    {
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken);
        _ = ServeAsync(peer.Connection);
        Assert.That(await peer.CommandAsync("hold", cancellationToken), Is.Empty);
        Assert.That(await peer.CommandAsync("use 1", cancellationToken), Is.Empty, "the stream must have arrived before the go away leaves");

        peer.Connection.GoAway(YamuxGoAwayCode.Normal);

        // The ping comes back behind the go away.
        Assert.That(await peer.CommandAsync("ping", cancellationToken), Is.Empty);
        Assert.That(await peer.CommandAsync("echo 1", cancellationToken), Is.EqualTo("error: remote end is not accepting connections"));
        Assert.That(await peer.CommandAsync("use 100000", cancellationToken), Is.Empty);
    }

    [Test]
    public async Task Go_away_by_them_stops_our_new_streams_and_no_old_one(CancellationToken cancellationToken)
    {
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken);
        var old = await OpenAsync(peer.Connection, "echo", cancellationToken);
        await WriteAsync(old, 1000, cancellationToken);
        await ExpectAsync(old, 1000, cancellationToken);

        Assert.That(await peer.CommandAsync("goaway", cancellationToken), Is.Empty);

        while (peer.Connection.TryOpen() is { } stream)
        {
            stream.Abort();
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
        }

        await old.Output.CompleteAsync();
        Assert.That(await ReadToEndAsync(old, cancellationToken), Is.Empty);
    }

    [Test]
    public async Task Many_streams_of_either_side_leave_nothing_behind(CancellationToken cancellationToken)
    {
        const int Count = 1000;
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken);
        _ = ServeAsync(peer.Connection);
        var theirs = peer.CommandAsync($"many {Count}", cancellationToken);

        for (var i = 0; i < Count; i++)
        {
            var stream = await OpenAsync(peer.Connection, "echo", cancellationToken);
            await WriteAsync(stream, 100, cancellationToken);
            await stream.Output.CompleteAsync();
            await ExpectAsync(stream, 100, cancellationToken);
            await stream.DisposeAsync();
        }

        Assert.That(await theirs, Is.Empty);
        await EndAsync(peer, cancellationToken);
    }

    [Test]
    public async Task End_of_their_session_ends_our_streams(CancellationToken cancellationToken)
    {
        await using var peer = await GoPeer.StartAsync(ours, cancellationToken);
        var stream = await OpenAsync(peer.Connection, "hold", cancellationToken);

        await peer.CommandAsync("close", cancellationToken);

        var closure = await peer.Connection.Closed.WaitAsync(cancellationToken);
        Assert.That((closure.Code, closure.ByPeer), Is.EqualTo((TunnelCode.TransportError, true)));
        Assert.That(async () => await stream.Input.ReadAsync(cancellationToken), Throws.InstanceOf<IOException>());
    }

    /// <summary>Nothing is left at either side, both still answer, and theirs found nothing to complain about.</summary>
    private static async Task EndAsync(GoPeer peer, CancellationToken cancellationToken)
    {
        await peer.AwaitNoStreamsAsync(cancellationToken);
        Assert.That(await peer.CommandAsync("ping", cancellationToken), Is.Empty);
        Assert.That(peer.Errors.Where(line => line.Contains("[ERR]", StringComparison.Ordinal)), Is.Empty);
    }

    private static async Task<string> OutcomeAsync(McpTunnel.Transport.Multiplexing.MuxStream stream, CancellationToken cancellationToken)
    {
        try
        {
            await stream.Input.ReadAsync(cancellationToken);
            return "read";
        }
        catch (IOException)
        {
            return "reset";
        }
    }
}
