using McpTunnel.Benchmarks.Scenarios;

namespace McpTunnel.Benchmarks.Reports;

/// <summary>Everything measured under one kind of load.</summary>
internal sealed record ShapeReport(LoadShape Shape, IReadOnlyList<RoundFigures> Rounds, IReadOnlyList<RoundFigures> Medians)
{
    public static ShapeReport From(LoadShape shape, IReadOnlyList<RoundFigures> rounds) =>
        new(shape, rounds, [.. rounds.GroupBy(round => round.Variant).Select(group => RoundFigures.Median([.. group]))]);

    /// <summary>
    /// The median over rounds of a value computed from two variants' figures of the same round: what disturbed the machine
    /// in one round disturbed both. Null when either was not measured.
    /// </summary>
    public double? MedianOf(string first, string second, Func<RoundFigures, RoundFigures, double> value)
    {
        var pairs = Rounds.Where(round => round.Variant == first)
            .Join(Rounds.Where(round => round.Variant == second), round => round.Round, round => round.Round, value)
            .ToArray();
        return pairs.Length == 0 ? null : Statistics.Median(pairs);
    }
}
