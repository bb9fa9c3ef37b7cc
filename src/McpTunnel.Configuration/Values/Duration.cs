using System.Globalization;
using System.Text;

namespace McpTunnel.Configuration.Values;

/// <summary>Reads and writes times as <c>250ms</c>, <c>30s</c>, <c>5m</c>, <c>1h30m</c>, <c>7d</c>.</summary>
public static class Duration
{
    private static readonly (string Suffix, long Milliseconds)[] Units =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    /// <summary>Reads one or more whole numbers with units, larger units first, each unit once.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var rest = text.AsSpan();
        var total = 0L;
        var smallestSeen = -1;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0 || !long.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return false;
            }

            rest = rest[digits..];
            var letters = rest.IndexOfAnyInRange('0', '9');
            var suffix = letters < 0 ? rest : rest[..letters];
            var unit = UnitOf(suffix);
            if (unit <= smallestSeen || count > TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond / Units[unit].Milliseconds)
            {
                return false;
            }

            smallestSeen = unit;
            total += count * Units[unit].Milliseconds;
            rest = rest[suffix.Length..];
        }

        if (smallestSeen < 0 || total > TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds(total);
        return true;
    }

    /// <summary>The shortest text that <see cref="TryParse"/> reads back, to the millisecond.</summary>
    public static string Format(TimeSpan duration)
    {
        var text = new StringBuilder();
        var rest = (long)duration.TotalMilliseconds;
        foreach (var (suffix, milliseconds) in Units)
        {
            if (rest >= milliseconds)
            {
                text.Append(CultureInfo.InvariantCulture, $"{rest / milliseconds}{suffix}");
                rest %= milliseconds;
            }
        }

        return text.Length == 0 ? "0s" : text.ToString();
    }

    private static int UnitOf(ReadOnlySpan<char> suffix)
    {
        for (var i = 0; i < Units.Length; i++)
        {
            if (suffix.SequenceEqual(Units[i].Suffix))
            {
                return i;
            }
        }

        return -1;
    }
}
