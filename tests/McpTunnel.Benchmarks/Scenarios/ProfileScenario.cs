using System.Globalization;
using McpTunnel.Benchmarks.Profiling;
using McpTunnel.Benchmarks.Reports;
using McpTunnel.Benchmarks.Variants;

namespace McpTunnel.Benchmarks.Scenarios;

/// <summary>Where the CPU time of each process of one path goes, under small calls or one bulk stream.</summary>
internal static class ProfileScenario
{
    private const int TopFunctions = 30;

    // Seconds; perf itself takes a moment to start and to write.
    private const double Margin = 1;

    public static async Task<int> RunAsync(string variant, string load, HarnessOptions options, CancellationToken cancellationToken)
    {
        PerfRecorder.PrepareChildren();
        var chosen = VariantCatalog.All(options).Where(candidate => candidate.Name == variant).ToList();
        if (chosen.Count == 0)
        {
            throw new InvalidOperationException($"There is no variant '{variant}'. There are: {string.Join(", ", VariantCatalog.All(options).Select(known => known.Name))}.");
        }

        // One long window, and perf looks at the inside of it: samples first, counts after.
        var window = options with { Rounds = 1, Seconds = (2 * options.Seconds) + (3 * Margin), Variants = [] };
        await using var harness = await Harness.StartAsync(window, chosen, cancellationToken);
        foreach (var absent in harness.Absent)
        {
            throw new InvalidOperationException(absent.Reason);
        }

        var shape = load switch
        {
            "download" => LoadShape.Bulk[0],
            "upload" => LoadShape.Bulk[1],
            _ => LoadShape.Calls(options.Connections),
        };
        var components = harness.Variants[0].Components.Where(component => component.Counted).ToList();
        var perf = new PerfRecorder(Path.Combine(harness.Directory, "perf.data"));
        var measuring = harness.MeasureAsync(shape, cancellationToken);
        await harness.WindowOpened.WaitAsync(cancellationToken);
        await perf.RecordAsync(components.Select(component => component.ProcessId), options.Seconds, cancellationToken);
        var counts = await Task.WhenAll(components.Select(component => SystemCallCounter.CountAsync(component.ProcessId, options.Seconds, cancellationToken)));
        var figures = (await measuring).Medians[0];
        var summaries = await perf.SummarizeAsync(cancellationToken);
        for (var i = 0; i < components.Count; i++)
        {
            Print(components[i].Role, shape.IsBulk ? "MiB" : "call", figures, summaries.GetValueOrDefault(components[i].ProcessId) ?? new ProfileSummary(), counts[i]);
        }

        return 0;
    }

    private static void Print(string role, string unit, RoundFigures figures, ProfileSummary summary, IReadOnlyDictionary<string, double> counts)
    {
        var micros = figures.CpuMicrosOf(role);
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"## {role}: {micros:0.0} µs CPU per {unit}, {summary.Samples} samples"));
        Print("kind of cost", unit, summary.Groups, summary.Samples, micros, int.MaxValue);

        Console.WriteLine();
        var table = new MarkdownTable("system call", "per " + unit);
        foreach (var (name, perMicro) in counts.OrderByDescending(pair => pair.Value))
        {
            table.Add(name, (perMicro * micros).ToString("0.00", CultureInfo.InvariantCulture));
        }

        table.WriteTo(Console.Out);
        Print("on behalf of", unit, summary.Owners, summary.Samples, micros, TopFunctions);
        Print("running function", unit, summary.Leaves, summary.Samples, micros, TopFunctions);
    }

    private static void Print(string heading, string unit, Dictionary<string, int> counts, int samples, double micros, int top)
    {
        Console.WriteLine();
        var table = new MarkdownTable(heading, "share", "µs/" + unit);
        foreach (var (name, count) in counts.OrderByDescending(pair => pair.Value).Take(top))
        {
            var share = (double)count / samples;
            table.Add(name, share.ToString("P1", CultureInfo.InvariantCulture), (share * micros).ToString("0.0", CultureInfo.InvariantCulture));
        }

        table.WriteTo(Console.Out);
    }
}
