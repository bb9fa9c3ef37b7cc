using System.Diagnostics;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>
/// Environment variables for a tunnel's processes, to compare settings of the runtime within one run: <c>NAME=VALUE</c>, or <c>edge:NAME=VALUE</c> and
/// <c>client:NAME=VALUE</c> for one of the two.
/// </summary>
internal sealed class RuntimeSettings(IReadOnlyList<string> assignments)
{
    public static readonly RuntimeSettings None = new([]);

    public bool Any => assignments.Count > 0;

    /// <param name="role">One of <see cref="Roles"/>.</param>
    /// <param name="start">The process to be.</param>
    public ProcessStartInfo Apply(string role, ProcessStartInfo start)
    {
        foreach (var assignment in assignments)
        {
            var parts = assignment.Split('=', 2);
            var name = parts[0].Split(':', 2);
            if (name.Length == 1 || name[0] == role)
            {
                start.Environment[name[^1]] = parts.Length == 2 ? parts[1] : "";
            }
        }

        return start;
    }
}
