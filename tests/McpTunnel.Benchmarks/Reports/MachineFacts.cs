using System.Runtime.InteropServices;

namespace McpTunnel.Benchmarks.Reports;

/// <summary>Where figures come from; figures of two machines are not comparable.</summary>
internal sealed record MachineFacts(string Processor, int Cores, double MemoryGiB, string System, string Runtime, double LoadAverage)
{
    public static MachineFacts Read()
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        return new MachineFacts(
            processor is null ? "unknown" : processor[(processor.IndexOf(':') + 1)..].Trim(),
            Environment.ProcessorCount,
            Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024), 1),
            RuntimeInformation.OSDescription,
            RuntimeInformation.FrameworkDescription,
            double.Parse(load, global::System.Globalization.CultureInfo.InvariantCulture));
    }
}
