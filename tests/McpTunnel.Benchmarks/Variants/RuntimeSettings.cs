using System.Diagnostics;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>Environment variables for a tunnel's processes, to compare settings of the runtime within one run.</summary>
internal sealed class RuntimeSettings(IReadOnlyList<string> assignments)
{
    public static readonly RuntimeSettings None = new([]);

    public bool Any => assignments.Count > 0;

    public ProcessStartInfo Apply(ProcessStartInfo start)
    {
        foreach (var assignment in assignments)
        {
            var parts = assignment.Split('=', 2);
            start.Environment[parts[0]] = parts.Length == 2 ? parts[1] : "";
        }

        return start;
    }
}
