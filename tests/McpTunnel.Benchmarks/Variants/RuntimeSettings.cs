using System.Diagnostics;
using McpTunnel.Benchmarks.Processes;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>
/// What a tunnel's processes are started with, to compare within one run: environment variables, as <c>NAME=VALUE</c> or <c>edge:NAME=VALUE</c> and
/// <c>client:NAME=VALUE</c> for one of the two, and the build that they are of.
/// </summary>
internal sealed record RuntimeSettings(IReadOnlyList<string> Assignments)
{
    public static readonly RuntimeSettings None = new([]);

    public bool Any => Assignments.Count > 0;

    /// <summary>Where another build of this program is; null for this one.</summary>
    public string? Directory { get; init; }

    /// <param name="role">One of <see cref="Roles"/>.</param>
    /// <param name="arguments">Of the component.</param>
    public ProcessStartInfo Component(string role, params IEnumerable<string> arguments)
    {
        var start = Self.ComponentOf(Directory ?? AppContext.BaseDirectory, arguments);
        foreach (var assignment in Assignments)
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
