using System.Globalization;

namespace McpTunnel.Cli.Shell;

/// <summary>Figures for a person, short enough for a table. What a program reads is in the JSON.</summary>
internal static class Brief
{
    public const string None = "-";

    private const string ByteUnits = "BKMGTPE";

    /// <summary><c>1 link</c>, <c>2 links</c>.</summary>
    public static string Count(long count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    /// <summary>Two units at most: <c>45s</c>, <c>3m20s</c>, <c>2h05m</c>, <c>12d03h</c>.</summary>
    public static string Age(long? seconds)
    {
        if (seconds is not { } s)
        {
            return None;
        }

        var span = TimeSpan.FromSeconds(Math.Max(0, s));
        return span switch
        {
            { TotalMinutes: < 1 } => $"{span.Seconds}s",
            { TotalHours: < 1 } => $"{span.Minutes}m{span.Seconds:00}s",
            { TotalDays: < 1 } => $"{span.Hours}h{span.Minutes:00}m",
            _ => $"{span.Days}d{span.Hours:00}h",
        };
    }

    /// <summary>Three figures at most, in units of 1024: <c>0B</c>, <c>512B</c>, <c>1.5K</c>, <c>34M</c>.</summary>
    public static string Bytes(long count)
    {
        double value = count;
        var unit = 0;
        while (value >= 999.5 && unit < ByteUnits.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return value.ToString(unit > 0 && value < 9.95 ? "0.0" : "0", CultureInfo.InvariantCulture) + ByteUnits[unit];
    }

    public static string Milliseconds(double? value) => value is { } ms ? ms.ToString(ms < 9.95 ? "0.0" : "0", CultureInfo.InvariantCulture) + "ms" : None;

    /// <summary>How long streams have waited, and how many wait now: <c>1.2s</c>, <c>3m20s (2)</c>.</summary>
    public static string Stalls(double? seconds, int? now)
    {
        if (seconds is not { } s || (s < 0.05 && now is null or 0))
        {
            return None;
        }

        var time = s < 59.95 ? s.ToString("0.0", CultureInfo.InvariantCulture) + "s" : Age((long)s);
        return now is > 0 ? $"{time} ({now})" : time;
    }
}
