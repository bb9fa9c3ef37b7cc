using System.Globalization;

namespace McpTunnel.Configuration.Values;

/// <summary>A number of bytes, written as <c>512B</c>, <c>64KiB</c>, <c>4MiB</c> or <c>1GiB</c>.</summary>
/// <param name="Bytes">Never negative.</param>
public readonly record struct ByteSize(long Bytes) : IComparable<ByteSize>, IComparable
{
    private static readonly (string Suffix, int Shift)[] Units = [("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)];

    /// <summary>So many times 1,024 bytes.</summary>
    public static ByteSize KiB(long count) => new(count << 10);

    /// <summary>So many times 1,048,576 bytes.</summary>
    public static ByteSize MiB(long count) => new(count << 20);

    /// <summary>Reads a whole number with its unit; the unit is not optional, so that nobody has to guess it.</summary>
    public static bool TryParse(string text, out ByteSize size)
    {
        foreach (var (suffix, shift) in Units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal) &&
                long.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count) &&
                count <= long.MaxValue >> shift)
            {
                size = new ByteSize(count << shift);
                return true;
            }
        }

        size = default;
        return false;
    }

    /// <inheritdoc/>
    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj is ByteSize other ? CompareTo(other) : 1;

    public static bool operator <(ByteSize left, ByteSize right) => left.Bytes < right.Bytes;

    public static bool operator >(ByteSize left, ByteSize right) => left.Bytes > right.Bytes;

    public static bool operator <=(ByteSize left, ByteSize right) => left.Bytes <= right.Bytes;

    public static bool operator >=(ByteSize left, ByteSize right) => left.Bytes >= right.Bytes;

    /// <summary>In the largest unit that shows it exactly.</summary>
    public override string ToString()
    {
        foreach (var (suffix, shift) in Units)
        {
            if (Bytes >> shift > 0 && (Bytes & ((1L << shift) - 1)) == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{Bytes >> shift}{suffix}");
            }
        }

        return "0B";
    }
}
