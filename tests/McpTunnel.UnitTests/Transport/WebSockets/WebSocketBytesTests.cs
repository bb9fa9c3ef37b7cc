using System.Security.Cryptography;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Yamux;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Multiplexing;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.WebSockets;

[CancelAfter(60_000)]
public sealed class WebSocketBytesTests
{
    private static readonly byte[] Nothing = [];

    [Test]
    public async Task Bytes_are_the_same_however_they_are_divided_into_messages_and_fragments()
    {
        var random = new Random(6455);
        var bytes = RandomNumberGenerator.GetBytes(300_000);
        var (peer, own) = DuplexMemoryStream.CreatePair(buffer: 1024 * 1024);
        var frames = new MemoryStream();
        for (var at = 0; at < bytes.Length;)
        {
            var fragments = random.Next(1, 4);
            for (var i = 0; i < fragments; i++)
            {
                var length = Math.Min(bytes.Length - at, random.Next(5) switch { 0 => 0, 1 => 1, 2 => 125 + random.Next(3), 3 => ushort.MaxValue + random.Next(-1, 2), _ => random.Next(5000) });
                frames.Write(WebSocketFrame.Of(i == 0 ? WebSocketFrame.Binary : WebSocketFrame.Continuation, bytes.AsSpan(at, length), final: i == fragments - 1));
                at += length;
                if (random.Next(4) == 0)
                {
                    frames.Write(WebSocketFrame.Of(WebSocketFrame.Ping, "?"u8));
                }
            }
        }

        await peer.WriteAsync(frames.ToArray());
        await using var stream = WebSocketPair.Wrap(new FaultyStream(own) { MaxReadSize = 777 }, isServer: true);
        var received = new byte[bytes.Length];
        for (var at = 0; at < received.Length;)
        {
            _ = await stream.ReadAsync(Memory<byte>.Empty);
            at += await stream.ReadAsync(received.AsMemory(at, Math.Min(received.Length - at, random.Next(1, 40_000))));
        }

        Assert.That(received.AsSpan().SequenceEqual(bytes), Is.True);
    }

    [TestCase(1)]
    [TestCase(7)]
    public async Task Link_works_over_a_path_that_delivers_a_few_bytes_at_a_time(int size)
    {
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        await using var pair = await LinkPair.CreateAsync(
            WebSocketPair.Wrap(new FaultyStream(edgeEnd) { MaxReadSize = size, MaxWriteSize = size }, isServer: true),
            WebSocketPair.Wrap(new FaultyStream(clientEnd) { MaxReadSize = size, MaxWriteSize = size }, isServer: false),
            carrier: Carrier.Websocket);
        var (edge, client) = await pair.OpenAsync();
        var bytes = RandomNumberGenerator.GetBytes(10_000);

        var sent = StreamBytes.SendAndEndAsync(edge.Output, bytes);
        var received = await StreamBytes.ReadToEndAsync(client.Input);
        await sent;

        Assert.That(received, Is.EqualTo(bytes));
    }

    [Test]
    public async Task F8_frames_in_the_same_read_as_the_welcome_are_not_lost()
    {
        foreach (var size in new[] { int.MaxValue, 1 })
        {
            var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
            await using var pair = await LinkPair.CreateAsync(
                WebSocketPair.Wrap(edgeEnd, isServer: true),
                WebSocketPair.Wrap(new FaultyStream(clientEnd) { MaxReadSize = size }, isServer: false),
                carrier: Carrier.Websocket,
                onWelcomed: link =>
                {
                    var stream = link.OpenStream();
                    _ = stream.Output.WriteAsync("first"u8.ToArray()).AsTask();
                });
            var client = await pair.Client.AcceptStreamAsync(CancellationToken.None);

            Assert.That(await StreamBytes.ReadExactlyAsync(client!.Input, 5), Is.EqualTo("first"u8.ToArray()));
        }
    }

    [Test]
    public async Task F15_black_hole_is_noticed_within_15_s_by_both_ends()
    {
        var time = new FakeTimeProvider();
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        var edgeFaults = new FaultyStream(edgeEnd);
        var clientFaults = new FaultyStream(clientEnd);
        await using var pair = await LinkPair.CreateAsync(
            WebSocketPair.Wrap(edgeFaults, isServer: true), WebSocketPair.Wrap(clientFaults, isServer: false), time: time, carrier: Carrier.Websocket);
        foreach (var faults in new[] { edgeFaults, clientFaults })
        {
            faults.StallReads();
            faults.StallWrites();
        }

        var started = time.GetTimestamp();
        while (!pair.Edge.Closed.IsCompleted || !pair.Client.Closed.IsCompleted)
        {
            Assert.That(time.GetElapsedTime(started), Is.LessThan(TimeSpan.FromSeconds(15)));
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.WhenAny(Task.WhenAll(pair.Edge.Closed, pair.Client.Closed), Task.Delay(20, CancellationToken.None));
        }

        Assert.That(((await pair.Edge.Closed).Code, (await pair.Client.Closed).Code), Is.EqualTo((TunnelCode.PeerDead, TunnelCode.PeerDead)));
    }

    [TestCase("text", TunnelCode.ProtocolError)]
    [TestCase("unmasked", TunnelCode.ProtocolError)]
    [TestCase("reserved bits", TunnelCode.ProtocolError)]
    [TestCase("reserved opcode", TunnelCode.ProtocolError)]
    [TestCase("long ping", TunnelCode.ProtocolError)]
    [TestCase("fragmented ping", TunnelCode.ProtocolError)]
    [TestCase("negative length", TunnelCode.ProtocolError)]
    [TestCase("continuation of nothing", TunnelCode.ProtocolError)]
    [TestCase("close", TunnelCode.TransportError)]
    [TestCase("close with a bad status", TunnelCode.ProtocolError)]
    [TestCase("end in a frame", TunnelCode.TransportError)]
    [TestCase("end", TunnelCode.TransportError)]
    public async Task Hostile_frame_ends_the_connection_with_a_code(string what, TunnelCode expected)
    {
        var (peer, own) = DuplexMemoryStream.CreatePair();
        var faults = new FaultyStream(own);
        await using var connection = new MuxConnection(
            WebSocketPair.Wrap(faults, isServer: true), YamuxRole.Server, new YamuxOptions { MaxInboundStreams = 1 }, TimeProvider.System);
        connection.Start();
        await peer.WriteAsync(WebSocketFrame.Of(WebSocketFrame.Binary, Nothing));

        await peer.WriteAsync(Hostile(what));
        if (what.StartsWith("end", StringComparison.Ordinal))
        {
            await peer.DisposeAsync();
        }

        var closure = await connection.Closed.WaitAsync(Eventually.Deadline);
        Assert.That(closure.Code, Is.EqualTo(expected), closure.Detail);
        Assert.That(faults.IsDisposed, Is.True);
    }

    [Test]
    public async Task Random_frames_end_the_connection_or_wait_but_never_escape()
    {
        var random = new Random(20261123);
        var started = TimeProvider.System.GetTimestamp();
        for (var run = 0; run < 2000 && TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(5); run++)
        {
            var (peer, own) = DuplexMemoryStream.CreatePair();
            await using var connection = new MuxConnection(
                WebSocketPair.Wrap(own, isServer: true), YamuxRole.Server, new YamuxOptions { MaxInboundStreams = 1 }, TimeProvider.System);
            connection.Start();
            var bytes = new byte[random.Next(1, 200)];
            random.NextBytes(bytes);
            if (run % 2 == 0)
            {
                bytes = WebSocketFrame.Of(WebSocketFrame.Binary, bytes);
            }

            await peer.WriteAsync(bytes);
            await peer.DisposeAsync();

            Assert.That((await connection.Closed.WaitAsync(Eventually.Deadline)).Code, Is.AnyOf(TunnelCode.TransportError, TunnelCode.ProtocolError, TunnelCode.FlowControlError));
        }
    }

    [Test]
    public async Task Disposing_towards_a_peer_that_takes_nothing_does_not_wait_for_it()
    {
        var (_, own) = DuplexMemoryStream.CreatePair();
        var faults = new FaultyStream(own);
        var stream = WebSocketPair.Wrap(faults, isServer: false);
        faults.StallWrites();
        var writing = stream.WriteAsync(new byte[100]).AsTask();
        var reading = stream.ReadAsync(new byte[100]).AsTask();

        await stream.DisposeAsync().AsTask().WaitAsync(Eventually.Deadline);

        Assert.That(faults.IsDisposed, Is.True);
        faults.ResumeWrites();
        Assert.That(async () => await writing.WaitAsync(Eventually.Deadline), Throws.InstanceOf<IOException>().Or.InstanceOf<ObjectDisposedException>());
        Assert.That(async () => await reading.WaitAsync(Eventually.Deadline), Throws.InstanceOf<IOException>().Or.InstanceOf<ObjectDisposedException>());
    }

    private static byte[] Hostile(string what) => what switch
    {
        "text" => WebSocketFrame.Of(WebSocketFrame.Text, "hello"u8),
        "unmasked" => WebSocketFrame.Of(WebSocketFrame.Binary, new byte[5], masked: false),
        "reserved bits" => WebSocketFrame.Of(WebSocketFrame.Binary, new byte[5], reserved: 4),
        "reserved opcode" => WebSocketFrame.Of(3, new byte[5]),
        "long ping" => WebSocketFrame.Of(WebSocketFrame.Ping, new byte[126]),
        "fragmented ping" => WebSocketFrame.Of(WebSocketFrame.Ping, new byte[5], final: false),
        "negative length" => [0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4],
        "continuation of nothing" => WebSocketFrame.Of(WebSocketFrame.Continuation, new byte[5]),
        "close" => WebSocketFrame.Of(WebSocketFrame.Close, [0x03, 0xE9]),
        "close with a bad status" => WebSocketFrame.Of(WebSocketFrame.Close, [0x00, 0x01]),
        "end in a frame" => WebSocketFrame.Of(WebSocketFrame.Binary, new byte[12])[..8],
        "end" => [],
        _ => throw new ArgumentOutOfRangeException(nameof(what)),
    };
}
