using System.Numerics;

namespace McpTunnel.Benchmarks.Load;

/// <summary>
/// Counts durations in buckets about 1.6 % wide: exact enough for percentiles, and recording one allocates nothing. Not
/// thread-safe; each connection has its own and they are added up at the end.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int PrecisionBits = 6;
    private const int BucketsPerOctave = 1 << PrecisionBits;

    private readonly long[] _buckets = new long[64 * BucketsPerOctave];

    public long Count { get; private set; }

    public void Record(long nanoseconds)
    {
        _buckets[IndexOf((ulong)Math.Max(nanoseconds, 1))]++;
        Count++;
    }

    public void Clear()
    {
        Array.Clear(_buckets);
        Count = 0;
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _buckets.Length; i++)
        {
            _buckets[i] += other._buckets[i];
        }

        Count += other.Count;
    }

    /// <summary>The duration in microseconds below which <paramref name="fraction"/> of all lie; 0 when nothing was recorded.</summary>
    public double PercentileMicros(double fraction)
    {
        var wanted = (long)Math.Ceiling(Count * fraction);
        long seen = 0;
        for (var i = 0; i < _buckets.Length; i++)
        {
            seen += _buckets[i];
            if (seen >= wanted && _buckets[i] > 0)
            {
                return MiddleOf(i) / 1000;
            }
        }

        return 0;
    }

    private static int IndexOf(ulong value)
    {
        var octave = BitOperations.Log2(value);
        var mantissa = octave <= PrecisionBits
            ? value << (PrecisionBits - octave)
            : value >> (octave - PrecisionBits);
        return (octave * BucketsPerOctave) + (int)(mantissa & (BucketsPerOctave - 1));
    }

    private static double MiddleOf(int index)
    {
        var octave = index / BucketsPerOctave;
        var mantissa = BucketsPerOctave + (index % BucketsPerOctave) + 0.5;
        return mantissa * Math.Pow(2, octave - PrecisionBits);
    }
}
