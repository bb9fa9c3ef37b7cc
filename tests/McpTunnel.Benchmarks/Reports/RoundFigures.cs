using McpTunnel.Benchmarks.Load;
using McpTunnel.Benchmarks.Scenarios;
using McpTunnel.Benchmarks.Variants;

namespace McpTunnel.Benchmarks.Reports;

/// <summary>One variant in one window; also the shape of the medians over all its windows, with round 0.</summary>
/// <param name="Rate">Calls or events a second, or MiB a second of a bulk stream.</param>
/// <param name="P50Micros">Median latency in microseconds; 0 where latency means nothing.</param>
internal sealed record RoundFigures(
    string Variant, int Round, double Rate, double P50Micros, double P99Micros, IReadOnlyList<ComponentFigures> Components)
{
    private const double MiB = 1024 * 1024;

    /// <summary>CPU microseconds per unit of work of the path alone.</summary>
    public double CountedCpuMicros => Components.Where(component => component.Counted).Sum(component => component.CpuMicros);

    public double CpuMicrosOf(string role) => Components.Where(component => component.Role == role).Sum(component => component.CpuMicros);

    public static RoundFigures From(string variant, int round, LoadShape shape, LoadResult result, IReadOnlyList<Component> components)
    {
        var work = shape.IsBulk ? result.Bytes / MiB : result.Count;
        return new RoundFigures(
            variant, round, work / result.Seconds, result.P50Micros, result.P99Micros,
            [.. components.Select((component, i) => new ComponentFigures(
                component.Role, component.Counted, (result.After[i].CpuMicros - result.Before[i].CpuMicros) / work, result.After[i].ResidentBytes / MiB))]);
    }

    public static RoundFigures Median(IReadOnlyList<RoundFigures> rounds) => new(
        rounds[0].Variant, 0, Statistics.Median(rounds.Select(round => round.Rate)), Statistics.Median(rounds.Select(round => round.P50Micros)),
        Statistics.Median(rounds.Select(round => round.P99Micros)),
        [.. rounds[0].Components.Select((component, i) => component with
        {
            CpuMicros = Statistics.Median(rounds.Select(round => round.Components[i].CpuMicros)),
            ResidentMiB = Statistics.Median(rounds.Select(round => round.Components[i].ResidentMiB)),
        })]);
}
