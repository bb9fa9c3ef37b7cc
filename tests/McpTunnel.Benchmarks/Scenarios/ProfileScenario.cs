using System.Globalization;
using McpTunnel.Benchmarks.Profiling;
using McpTunnel.Benchmarks.Reports;
using McpTunnel.Benchmarks.Variants;

namespace McpTunnel.Benchmarks.Scenarios;

/// <summary>Where the CPU time of each process of one path goes, under the load of the budgets.</summary>
internal static class ProfileScenario
{
    private const int TopFunctions = 30;

    // Seconds; perf itself takes a moment to start and to write.
    private const double Margin = 1;

    public static async Task<int> RunAsync(string variant, HarnessOptions options, CancellationToken cancellationToken)
    {
        PerfRecorder.PrepareChildren();
        var chosen = VariantCatalog.All().Where(candidate => candidate.Name == variant).ToList();
        if (chosen.Count == 0)
        {
            throw new InvalidOperationException($"There is no variant '{variant}'. There are: {string.Join(", ", VariantCatalog.All().Select(known => known.Name))}.");
        }

        // perf looks at the middle of one long window.
        var window = options with { Rounds = 1, Seconds = options.Seconds + (2 * Margin), Variants = [] };
        await using var harness = await Harness.StartAsync(window, chosen, cancellationToken);
        foreach (var absent in harness.Absent)
        {
            throw new InvalidOperationException(absent.Reason);
        }

        var components = harness.Variants[0].Components.Where(component => component.Counted).ToList();
        var perf = new PerfRecorder(Path.Combine(harness.Directory, "perf.data"));
        var measuring = harness.MeasureAsync(LoadShape.Calls(options.Connections), cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(Harness.FirstWarmUpSeconds + Margin), TimeProvider.System, cancellationToken);
        await perf.RecordAsync(components.Select(component => component.ProcessId), options.Seconds, cancellationToken);
        var report = await measuring;
        var summaries = await perf.SummarizeAsync(cancellationToken);
        foreach (var component in components)
        {
            var micros = report.Medians[0].CpuMicrosOf(component.Role);
            Print(component.Role, micros, summaries.GetValueOrDefault(component.ProcessId) ?? new ProfileSummary());
        }

        return 0;
    }

    private static void Print(string role, double micros, ProfileSummary summary)
    {
        var heading = string.Create(CultureInfo.InvariantCulture, $"## {role}: {micros:0.0} µs CPU per call, {summary.Samples} samples");
        Console.WriteLine();
        Console.WriteLine(heading);
        Print("kind of cost", summary.Groups, summary.Samples, micros, int.MaxValue);
        Print("on behalf of", summary.Owners, summary.Samples, micros, TopFunctions);
        Print("running function", summary.Leaves, summary.Samples, micros, TopFunctions);
    }

    private static void Print(string heading, Dictionary<string, int> counts, int samples, double micros, int top)
    {
        Console.WriteLine();
        var table = new MarkdownTable(heading, "share", "µs/call");
        foreach (var (name, count) in counts.OrderByDescending(pair => pair.Value).Take(top))
        {
            var share = (double)count / samples;
            table.Add(name, share.ToString("P1", CultureInfo.InvariantCulture), (share * micros).ToString("0.0", CultureInfo.InvariantCulture));
        }

        table.WriteTo(Console.Out);
    }
}
