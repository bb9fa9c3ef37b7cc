using System.Globalization;
using McpTunnel.Benchmarks.Load;

namespace McpTunnel.Benchmarks.Reports;

/// <summary>Prints a run for a person.</summary>
internal static class ReportPrinter
{
    public static void Print(RunReport report, TextWriter writer)
    {
        var machine = report.Machine;
        writer.WriteLine(Text($"{machine.Processor}, {machine.Cores} cores, {machine.MemoryGiB} GiB; {machine.System}; {machine.Runtime}; load before the run {machine.LoadAverage:0.00}"));
        foreach (var shape in report.Shapes)
        {
            PrintShape(shape, writer);
        }

        if (report.Budgets.Count > 0)
        {
            PrintBudgets(report.Budgets, writer);
        }

        foreach (var absent in report.Absent)
        {
            writer.WriteLine();
            writer.WriteLine($"{absent.Variant} was not measured: {absent.Reason}");
        }
    }

    private static void PrintShape(ShapeReport report, TextWriter writer)
    {
        writer.WriteLine();
        writer.WriteLine($"## {report.Shape.Title}");
        writer.WriteLine();
        var (rate, unit) = report.Shape.Mode switch
        {
            LoadMode.Download or LoadMode.Upload => ("MiB/s", "MiB"),
            LoadMode.Events => ("events/s", "event"),
            _ => ("calls/s", "call"),
        };
        var table = new MarkdownTable("variant", "process", $"CPU µs/{unit}", "RSS MiB", rate, "p50 µs", "p99 µs") { TextColumns = 2 };
        foreach (var median in report.Medians)
        {
            table.Add(
                median.Variant, "**path**", Text($"**{median.CountedCpuMicros:0.0}**"), "", Text($"{median.Rate:0}"),
                Text($"{median.P50Micros:0}"), Text($"{median.P99Micros:0}"));
            foreach (var component in median.Components)
            {
                var role = component.Counted ? component.Role : $"({component.Role})";
                table.Add("", role, Text($"{component.CpuMicros:0.0}"), Text($"{component.ResidentMiB:0}"), "", "", "");
            }
        }

        table.WriteTo(writer);
    }

    private static void PrintBudgets(IReadOnlyList<BudgetLine> budgets, TextWriter writer)
    {
        writer.WriteLine();
        writer.WriteLine("## Budgets");
        writer.WriteLine();
        var table = new MarkdownTable("what", "peer in the same run", "budget", "measured", "met") { TextColumns = 2 };
        foreach (var line in budgets)
        {
            var bound = line.AtLeast ? "≥" : "≤";
            table.Add(
                line.Name, line.Peer, Text($"{bound} {line.Budget} {line.Unit}"),
                line.Value is { } value ? Text($"{value:0.00} {line.Unit}") : "–",
                line.Met switch { true => "yes", false => "no", null => "absent" });
        }

        table.WriteTo(writer);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
