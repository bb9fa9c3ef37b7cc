using System.Globalization;
using McpTunnel.Client.Linking;

namespace McpTunnel.Benchmarks.Fleet;

/// <summary>What the links of a fleet are doing.</summary>
/// <param name="Up">Links that are up, and came up since the moment asked for.</param>
/// <param name="Refused">Links that the edge has refused for good.</param>
/// <param name="Attempts">Dials since the clients started.</param>
internal sealed record FleetState(int Up, int Refused, long Attempts)
{
    public static FleetState None { get; } = new(0, 0, 0);

    /// <param name="links">All of them.</param>
    /// <param name="since">A link that came up before does not count: its edge may be gone without its having noticed.</param>
    public static FleetState Of(IEnumerable<LinkSlotStatus> links, DateTimeOffset since)
    {
        var state = None;
        foreach (var link in links)
        {
            state += new FleetState(link.State == LinkSlotState.Up && link.Since >= since ? 1 : 0, link.State == LinkSlotState.Refused ? 1 : 0, link.Attempts);
        }

        return state;
    }

    /// <summary>What the first few links that are not up say of themselves, in one line.</summary>
    public static string Missing(IEnumerable<LinkSlotStatus> links) => string.Join(" | ", links
        .Where(link => link.State != LinkSlotState.Up)
        .Take(3)
        .Select(link => string.Create(CultureInfo.InvariantCulture, $"{link.State} since {link.Since:T}, attempt {link.Attempts}: {link.LastError?.ReplaceLineEndings(" ")}")));

    public static FleetState operator +(FleetState one, FleetState other) =>
        new(one.Up + other.Up, one.Refused + other.Refused, one.Attempts + other.Attempts);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Up} {Refused} {Attempts}");

    public static FleetState Parse(string text)
    {
        var parts = text.Split(' ');
        return new FleetState(
            int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture));
    }
}
