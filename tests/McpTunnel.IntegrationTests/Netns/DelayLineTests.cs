using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Netns;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>What the emulated network does to packets is what it was asked to do: later tests build on it.</summary>
[Category("Netns")]
[CancelAfter(120_000)]
[SupportedOSPlatform("linux")]
[Platform("Linux")]
[NonParallelizable]
public sealed class DelayLineTests
{
    private const int HeadersOfUdp = 28;

    private static readonly IPEndPoint Near = new(IPAddress.Parse("10.92.1.1"), 7000);
    private static readonly IPEndPoint Far = new(IPAddress.Parse("10.92.1.2"), 7000);

    private NetworkNamespace _near = null!;
    private NetworkNamespace _far = null!;
    private DelayLine? _line;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Requires.Root();
        Requires.DebianProgram("ip", "iproute2");
        Requires.Path("/dev/net/tun", "Load the kernel's module tun: modprobe tun");
        _near = await NetworkNamespace.CreateAsync("near");
        _far = await NetworkNamespace.CreateAsync("far");
    }

    [TearDown]
    public async Task CutAsync()
    {
        if (_line is not null)
        {
            await _line.DisposeAsync();
        }
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (var end in new[] { _near, _far })
        {
            if (end is not null)
            {
                await end.DisposeAsync();
            }
        }
    }

    [Test]
    public async Task Round_trip_takes_the_delay_of_both_directions(CancellationToken cancellationToken)
    {
        var line = await JoinAsync(new DelayLineSettings { Delay = TimeSpan.FromMilliseconds(20), Jitter = TimeSpan.FromMilliseconds(5) });
        using var near = Udp(_near, Near);
        using var far = Udp(_far, Far);

        var slow = await RoundTripsAsync(near, far, cancellationToken);
        line.Settings = new DelayLineSettings();
        var quick = await RoundTripsAsync(near, far, cancellationToken);

        // From below only: a busy machine makes round trips longer, and nothing makes them shorter.
        Assert.That(slow.Min(), Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(30)));
        Assert.That(slow.Distinct().Count(), Is.GreaterThan(1));
        Assert.That(quick.Min(), Is.LessThan(slow.Min()), "changed while it runs");
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Tcp_arrives_whole_in_segments_as_large_as_the_settings_allow(bool large, CancellationToken cancellationToken)
    {
        var line = await JoinAsync(new DelayLineSettings { Delay = TimeSpan.FromMilliseconds(2), LargestPacket = large ? null : 1500 });

        await CarryAsync(16 * 1024 * 1024, cancellationToken);

        var carried = line.There;
        await TestContext.Out.WriteLineAsync($"{carried}");
        Assert.That(carried.ArrivedBytes / carried.Arrived, large ? Is.GreaterThan(1500) : Is.LessThanOrEqualTo(1500));
        Assert.That(carried with { Arrived = 0, ArrivedBytes = 0 }, Is.EqualTo(default(DelayLineCounts)), "nothing was lost on the way");
    }

    [Test]
    public async Task Tcp_arrives_whole_where_packets_are_lost(CancellationToken cancellationToken)
    {
        var line = await JoinAsync(new DelayLineSettings { Delay = TimeSpan.FromMilliseconds(2), Jitter = TimeSpan.FromMilliseconds(1), Loss = 0.005 });

        await CarryAsync(4 * 1024 * 1024, cancellationToken);

        Assert.That(line.There.Lost, Is.Positive);
    }

    [Test]
    public async Task Same_seed_loses_the_same_packets_and_the_share_that_was_asked_for(CancellationToken cancellationToken)
    {
        const int sent = 2000;
        var runs = new List<List<int>>();
        foreach (var seed in new[] { 7, 7, 8 })
        {
            await using var line = await JoinAsync(new DelayLineSettings { UdpLoss = 0.1, Seed = seed });
            runs.Add(await SequenceAsync(line, sent, cancellationToken));
            Assert.That(line.There.Lost, Is.EqualTo(sent - runs[^1].Count));
        }

        Assert.That(runs[1], Is.EqualTo(runs[0]));
        Assert.That(runs[2], Is.Not.EqualTo(runs[0]));
        Assert.That(sent - runs[0].Count, Is.InRange(150, 250), "which are fixed by the seed");
    }

    [Test]
    public async Task Order_is_kept_whatever_the_jitter(CancellationToken cancellationToken)
    {
        var line = await JoinAsync(new DelayLineSettings { Delay = TimeSpan.FromMilliseconds(10), Jitter = TimeSpan.FromMilliseconds(10) });

        Assert.That(await SequenceAsync(line, 300, cancellationToken), Is.EqualTo(Enumerable.Range(0, 300)));
    }

    [Test]
    public async Task F10_packets_above_the_limit_vanish_without_a_word_in_both_directions(CancellationToken cancellationToken)
    {
        var line = await JoinAsync(new DelayLineSettings { LargestPacket = 1280 });
        using var near = Udp(_near, Near);
        using var far = Udp(_far, Far);

        foreach (var (from, to, at) in new[] { (near, far, Far), (far, near, Near) })
        {
            await from.SendToAsync(new byte[1281 - HeadersOfUdp], at, cancellationToken);
            await from.SendToAsync(new byte[1280 - HeadersOfUdp], at, cancellationToken);
            Assert.That(await to.ReceiveAsync(new byte[2000], cancellationToken), Is.EqualTo(1280 - HeadersOfUdp), "the first that arrives is the second");
        }

        Assert.That((line.There.TooLarge, line.Back.TooLarge), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Swallowing_ends_when_it_is_switched_off(CancellationToken cancellationToken)
    {
        var line = await JoinAsync(new DelayLineSettings());
        using var near = Udp(_near, Near);
        using var far = Udp(_far, Far);

        line.Settings = new DelayLineSettings { SwallowEverything = true };
        await near.SendToAsync(new byte[1], Far, cancellationToken);
        await Eventually.ThatAsync(() => line.There.Swallowed == 1, "the datagram is gone");
        line.Settings = new DelayLineSettings();
        await near.SendToAsync(new byte[2], Far, cancellationToken);

        Assert.That(await far.ReceiveAsync(new byte[10], cancellationToken), Is.EqualTo(2));
    }

    [Test]
    public async Task Burst_beyond_the_queue_of_a_narrow_line_is_cut_off_at_its_end(CancellationToken cancellationToken)
    {
        const int datagram = 1000 - HeadersOfUdp;
        const int fit = 10;

        // A second for each packet, so that none has left before the last has come.
        var line = await JoinAsync(new DelayLineSettings { BitsPerSecond = 8000, QueueBytes = fit * 1000 - 1 });
        using var near = Udp(_near, Near);

        for (var i = 0; i < fit + 5; i++)
        {
            await near.SendToAsync(new byte[datagram], Far, cancellationToken);
        }

        // One more may fit than the queue holds, for the time that the burst took.
        await Eventually.ThatAsync(() => line.There.Overflowed is 4 or 5, "what is too much is dropped");
    }

    private async Task<DelayLine> JoinAsync(DelayLineSettings settings) => _line = await DelayLine.JoinAsync((_near, "to-far", Near.Address), (_far, "to-near", Far.Address), settings);

    private static Socket Udp(NetworkNamespace where, IPEndPoint at)
    {
        var socket = where.NewSocket(type: SocketType.Dgram);
        socket.Bind(at);
        return socket;
    }

    private static async Task<List<TimeSpan>> RoundTripsAsync(Socket near, Socket far, CancellationToken cancellationToken)
    {
        var times = new List<TimeSpan>();
        for (var i = 0; i < 5; i++)
        {
            var started = TimeProvider.System.GetTimestamp();
            await near.SendToAsync(new byte[1], Far, cancellationToken);
            await far.ReceiveAsync(new byte[10], cancellationToken);
            await far.SendToAsync(new byte[1], Near, cancellationToken);
            await near.ReceiveAsync(new byte[10], cancellationToken);
            times.Add(TimeProvider.System.GetElapsedTime(started));
        }

        return times;
    }

    /// <summary>Sends numbered datagrams and returns the numbers that arrived, in the order in which they did.</summary>
    private async Task<List<int>> SequenceAsync(DelayLine line, int count, CancellationToken cancellationToken)
    {
        // Fewer than a socket's buffer holds.
        const int batch = 100;
        using var near = Udp(_near, Near);
        using var far = Udp(_far, Far);
        var arrived = new List<int>();
        var datagram = new byte[4];
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(datagram, i);
            await near.SendToAsync(datagram, Far, cancellationToken);
            if ((i + 1) % batch == 0)
            {
                await Eventually.ThatAsync(() => line.There.Arrived + line.There.Lost == i + 1, "each has had its turn");
                while (arrived.Count < line.There.Arrived)
                {
                    await far.ReceiveAsync(datagram, cancellationToken);
                    arrived.Add(BinaryPrimitives.ReadInt32LittleEndian(datagram));
                }
            }
        }

        return arrived;
    }

    /// <summary>Sends bytes by TCP and compares what arrives.</summary>
    private async Task CarryAsync(int length, CancellationToken cancellationToken)
    {
        var bytes = RandomNumberGenerator.GetBytes(length);
        using var listener = _far.NewSocket();
        listener.Bind(Far);
        listener.Listen();
        await using var near = await _near.ConnectAsync(Far, cancellationToken);
        await using var far = new NetworkStream(await listener.AcceptAsync(cancellationToken), ownsSocket: true);

        var writing = near.WriteAsync(bytes, cancellationToken).AsTask();
        var received = new byte[length];
        await far.ReadExactlyAsync(received, cancellationToken);
        await writing;

        Assert.That(received.AsSpan().SequenceEqual(bytes), Is.True);
    }
}
