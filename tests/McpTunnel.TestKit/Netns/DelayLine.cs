using System.Net;

namespace McpTunnel.TestKit.Netns;

/// <summary>
/// A long cable, and a bad one where that is asked for: joins two network namespaces by a TUN device in each, and carries IP packets between them, late, some of
/// them lost, as <see cref="Settings"/> say. In user space, because many kernels are built without sch_netem; needs root and /dev/net/tun.
/// <code>
/// await using var line = await DelayLine.JoinAsync((edge, "to-client", addressOfEdge), (client, "to-edge", addressOfClient), new() { Delay = TimeSpan.FromMilliseconds(25) });
/// line.Settings = line.Settings with { Loss = 0.005 };
/// </code>
/// Without loss, limits of size or of bandwidth it carries gigabits a second. Its work is done by two threads of the process that made it. Thread-safe.
/// </summary>
public sealed class DelayLine : IAsyncDisposable
{
    // Where packets wait while all of the line's own room is taken, or its thread is not scheduled.
    private const string PacketsInInterface = "4000";

    private readonly Lock _changing = new();
    private readonly TunDevice _one;
    private readonly TunDevice _other;
    private readonly LineDirection _there;
    private readonly LineDirection _back;
    private DelayLineSettings _settings;
    private bool _disposed;

    private DelayLine(TunDevice one, TunDevice other, DelayLineSettings settings, string name)
    {
        _one = one;
        _other = other;
        _settings = settings;
        _there = new LineDirection($"{name} there", one, other, settings, settings.Seed);
        _back = new LineDirection($"{name} back", other, one, settings, settings.Seed + 1);
    }

    /// <summary>What is done to packets; may be changed at any time.</summary>
    public DelayLineSettings Settings
    {
        get
        {
            lock (_changing)
            {
                return _settings;
            }
        }

        set
        {
            lock (_changing)
            {
                if (value.PacketByPacket != _settings.PacketByPacket)
                {
                    Offload(_one, _other, value);
                }

                _settings = value;
                _there.Settings = value;
                _back.Settings = value;
            }
        }
    }

    /// <summary>Packets from the first namespace to the second.</summary>
    public DelayLineCounts There => _there.Counts;

    /// <summary>Packets from the second namespace to the first.</summary>
    public DelayLineCounts Back => _back.Counts;

    /// <summary>
    /// Joins two namespaces. In each an interface of the name given has the address given, with a prefix of 24 bits (IPv4) or 64 bits (IPv6).
    /// </summary>
    public static async Task<DelayLine> JoinAsync(
        (NetworkNamespace Namespace, string Link, IPAddress Address) one, (NetworkNamespace Namespace, string Link, IPAddress Address) other, DelayLineSettings settings)
    {
        var first = TunDevice.Create(one.Namespace, one.Link);
        TunDevice? second = null;
        try
        {
            second = TunDevice.Create(other.Namespace, other.Link);
            Offload(first, second, settings);
            foreach (var (end, link, address) in new[] { one, other })
            {
                await end.SetAsync("link", "set", link, "txqueuelen", PacketsInInterface);
                await end.AddAddressAsync(link, address);
                await end.SetAsync("link", "set", link, "up");
            }

            return new DelayLine(first, second, settings, $"{one.Link} {other.Link}");
        }
        catch
        {
            first.Dispose();
            second?.Dispose();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            _there.Dispose();
            _back.Dispose();
            _one.Dispose();
            _other.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private static void Offload(TunDevice one, TunDevice other, DelayLineSettings settings)
    {
        one.Offload(!settings.PacketByPacket);
        other.Offload(!settings.PacketByPacket);
    }
}
