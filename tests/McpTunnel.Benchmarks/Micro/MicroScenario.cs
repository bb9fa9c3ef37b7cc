using System.Globalization;
using McpTunnel.Benchmarks.Reports;

namespace McpTunnel.Benchmarks.Micro;

/// <summary>All micro-benchmarks in this process, one after the other.</summary>
internal static class MicroScenario
{
    public static int Run()
    {
        var table = new MarkdownTable("operation", "ns", "allocated B");
        foreach (var (name, batch) in MicroCatalog.All())
        {
            var figures = MicroRunner.Measure(name, batch);
            table.Add(figures.Name, figures.Nanoseconds.ToString("0", CultureInfo.InvariantCulture), figures.AllocatedBytes.ToString("0", CultureInfo.InvariantCulture));
        }

        table.WriteTo(Console.Out);
        return 0;
    }
}
