using McpTunnel.Benchmarks.Reports;
using McpTunnel.Benchmarks.Variants;

namespace McpTunnel.Benchmarks.Scenarios;

/// <summary>The scenarios in which every variant gets the same load in turn.</summary>
internal static class SideBySide
{
    public static readonly IReadOnlyDictionary<string, string> Descriptions = new Dictionary<string, string>
    {
        ["budgets"] = "small calls under load and one at a time; the first four budgets",
        ["calls"] = "small calls under load",
        ["latency"] = "small calls, one at a time",
        ["bulk"] = "bulk streams, one and eight, towards the agent and towards the upstream",
        ["events"] = "SSE events, end to end",
        ["all"] = "all of the above",
    };

    public static async Task<int> RunAsync(string scenario, HarnessOptions options, CancellationToken cancellationToken)
    {
        var machine = MachineFacts.Read();
        await using var harness = await Harness.StartAsync(options, Variants(scenario, options), cancellationToken);
        var shapes = new List<ShapeReport>();
        var budgets = new List<BudgetLine>();
        foreach (var shape in Shapes(scenario, options.Connections).Where(shape => options.Shape is not { } part || shape.Title.Contains(part, StringComparison.OrdinalIgnoreCase)))
        {
            var report = await harness.MeasureAsync(shape, cancellationToken);
            shapes.Add(report);
            budgets.AddRange(Lines(report));
        }

        var run = new RunReport(TimeProvider.System.GetUtcNow(), Environment.CommandLine, machine, shapes, budgets, harness.Absent);
        ReportPrinter.Print(run, Console.Out);
        if (options.JsonFile is not null)
        {
            await run.WriteAsync(options.JsonFile, cancellationToken);
        }

        return 0;
    }

    /// <summary>The upstream alone is a peer of streams only: there is nothing to learn from a call without a proxy.</summary>
    private static List<IVariant> Variants(string scenario, HarnessOptions options) =>
        [.. VariantCatalog.All(options).Where(variant => variant.Name switch
        {
            VariantNames.DirectTcp => scenario is "bulk",
            VariantNames.DirectTls => scenario is "bulk" or "events" or "all",

            // The same bytes on the same way as the tunnel's, or none that passes an edge blindly.
            VariantNames.TunnelJwt or VariantNames.TunnelCore or VariantNames.Haproxy => scenario is not "bulk" || options.Variants.Contains(variant.Name),
            _ => true,
        })];

    private static IEnumerable<LoadShape> Shapes(string scenario, int connections) => scenario switch
    {
        "budgets" => [LoadShape.Calls(connections), LoadShape.OneAtATime],
        "calls" => [LoadShape.Calls(connections)],
        "latency" => [LoadShape.OneAtATime],
        "bulk" => LoadShape.Bulk,
        "events" => [LoadShape.Events],
        _ => [LoadShape.Calls(connections), LoadShape.OneAtATime, .. LoadShape.Bulk, LoadShape.Events],
    };

    private static IEnumerable<BudgetLine> Lines(ShapeReport report)
    {
        foreach (var tunnel in report.Medians.Select(median => median.Variant).Where(name => name.StartsWith(VariantNames.Tunnel, StringComparison.Ordinal)))
        {
            IEnumerable<BudgetLine> lines = report.Shape switch
            {
                { IsBulk: true } => Budgets.Bulk(report, tunnel),
                { Mode: Load.LoadMode.Events } => [Budgets.Events(report, tunnel)],
                { Connections: 1 } => [Budgets.Latency(report, tunnel)],
                _ => Budgets.Calls(report, tunnel),
            };
            foreach (var line in lines)
            {
                yield return line;
            }
        }
    }
}
