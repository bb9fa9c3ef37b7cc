using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace McpTunnel.TestKit.Netns;

/// <summary>
/// One direction of a <see cref="DelayLine"/>. A thread of its own reads each packet, judges it, keeps it until it is due and writes it: nothing is shared, so
/// nothing is locked, and nothing is allocated for a packet.
/// </summary>
internal sealed unsafe class LineDirection : IDisposable
{
    // 25 ms of 10 Gbit/s. When it is full, packets wait in the sending namespace, and are dropped there like at any busy interface.
    private const int RingBytes = 32 * 1024 * 1024;

    // Packets that are due do not wait for longer than it takes to read so many.
    private const int MostReadsInTurn = 16;

    private const int IPv4Protocol = 9;
    private const int IPv6NextHeader = 6;
    private const byte Udp = 17;

    private readonly TunDevice _from;
    private readonly TunDevice _to;
    private readonly PacketRing _ring = new(RingBytes);
    private readonly SafeFileHandle _stop = KernelCalls.NewEvent(0, 0x80000);
    private readonly Random _chance;
    private readonly Thread _thread;

    private DelayLineSettings _settings;
    private Counters _counters;
    private bool _stopping;

    // Nanoseconds. When the last packet will have left the bottleneck, and when it arrives.
    private long _lastLeft;
    private long _lastDue;

    public LineDirection(string name, TunDevice from, TunDevice to, DelayLineSettings settings, int seed)
    {
        _from = from;
        _to = to;
        _settings = settings;
#pragma warning disable CA5394 // Chance that can be repeated is what is wanted.
        _chance = new Random(seed);
#pragma warning restore CA5394
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public DelayLineSettings Settings
    {
        set => Volatile.Write(ref _settings, value);
    }

    public DelayLineCounts Counts => new(
        Volatile.Read(ref _counters.Arrived), Volatile.Read(ref _counters.ArrivedBytes), Volatile.Read(ref _counters.Lost), Volatile.Read(ref _counters.TooLarge),
        Volatile.Read(ref _counters.Overflowed), Volatile.Read(ref _counters.Swallowed), Volatile.Read(ref _counters.NotTaken));

    public void Dispose()
    {
        Volatile.Write(ref _stopping, true);
        ulong one = 1;
        _ = KernelCalls.Write(_stop.DangerousGetHandle(), (byte*)&one, sizeof(ulong));
        _thread.Join();
        _ring.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        KernelCalls.BePrecise();
        var gone = false;
        while (!gone && !Volatile.Read(ref _stopping))
        {
            DeliverDue();
            (var read, var full, gone) = ReadSome();
            if (read < MostReadsInTurn)
            {
                Wait(full);
            }
        }
    }

    private void DeliverDue()
    {
        while (!_ring.IsEmpty && _ring.FirstDue <= Now())
        {
            var length = _ring.FirstLength;
            if (_to.Write(_ring.First, length))
            {
                Count(ref _counters.Arrived);
                Count(ref _counters.ArrivedBytes, length - TunDevice.HeaderLength);
            }
            else
            {
                Count(ref _counters.NotTaken);
            }

            _ring.RemoveFirst();
        }
    }

    private (int Read, bool Full, bool Gone) ReadSome()
    {
        for (var read = 0; read < MostReadsInTurn; read++)
        {
            var room = _ring.Reserve();
            if (room is null)
            {
                return (read, true, false);
            }

            var length = _from.Read(room);
            if (length <= 0)
            {
                return (read, false, length < 0);
            }

            if (Due(room + TunDevice.HeaderLength, length - TunDevice.HeaderLength) is { } due)
            {
                _ring.Commit(length, due);
            }
        }

        return (MostReadsInTurn, false, false);
    }

    /// <summary>When a packet arrives; null when it never does.</summary>
    private long? Due(byte* packet, int length)
    {
        var settings = Volatile.Read(ref _settings);
        if (settings.SwallowEverything)
        {
            Count(ref _counters.Swallowed);
            return null;
        }

        if (length > settings.LargestPacket)
        {
            Count(ref _counters.TooLarge);
            return null;
        }

        // Asked for each packet, whatever its kind, so that the same packets of a sequence are lost each time.
        if (Happens(settings.Loss) || (Happens(settings.UdpLoss) && IsUdp(packet)))
        {
            Count(ref _counters.Lost);
            return null;
        }

        var now = Now();
        var left = now;
        if (settings.BitsPerSecond is { } rate)
        {
            var begin = Math.Max(now, _lastLeft);
            if ((begin - now) * 1e-9 * rate / 8 > settings.QueueBytes)
            {
                Count(ref _counters.Overflowed);
                return null;
            }

            left = _lastLeft = begin + (long)(length * 8e9 / rate);
        }

        return _lastDue = Math.Max(_lastDue, left + Nanoseconds(settings.Delay) + (long)(Nanoseconds(settings.Jitter) * ((2 * Chance()) - 1)));
    }

    /// <summary>Waits until there is something to read, to write, or to stop for.</summary>
    private void Wait(bool full)
    {
        var entries = stackalloc KernelCalls.PollEntry[2];
        entries[0] = new KernelCalls.PollEntry { Descriptor = (int)_stop.DangerousGetHandle(), Events = KernelCalls.PollIn };
        entries[1] = new KernelCalls.PollEntry { Descriptor = (int)_from.Descriptor, Events = KernelCalls.PollIn };
        KernelCalls.TimeSpec atMost;
        if (!_ring.IsEmpty)
        {
            var wait = Math.Max(0, _ring.FirstDue - Now());
            atMost = new KernelCalls.TimeSpec { Seconds = (nint)(wait / 1_000_000_000), Nanoseconds = (nint)(wait % 1_000_000_000) };
        }

        _ = KernelCalls.Poll(entries, full ? 1u : 2u, _ring.IsEmpty ? null : &atMost, null);
    }

    private bool Happens(double probability) => probability > 0 && Chance() < probability;

#pragma warning disable CA5394 // As above.
    private double Chance() => _chance.NextDouble();
#pragma warning restore CA5394

    private static bool IsUdp(byte* packet) => (packet[0] >> 4 == 4 ? packet[IPv4Protocol] : packet[IPv6NextHeader]) == Udp;

    private static long Nanoseconds(TimeSpan time) => time.Ticks * 100;

    // The clock of the poll's time-out; its ticks are nanoseconds on Linux.
    private static long Now() => TimeProvider.System.GetTimestamp();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Count(ref long counter, long more = 1) => Volatile.Write(ref counter, counter + more);

    private struct Counters
    {
        public long Arrived;
        public long ArrivedBytes;
        public long Lost;
        public long TooLarge;
        public long Overflowed;
        public long Swallowed;
        public long NotTaken;
    }
}
