using System.Diagnostics;

namespace McpTunnel.Benchmarks.Processes;

/// <summary>How this program, and <c>mcptunnel</c> beside it, are started again as separate processes.</summary>
internal static class Self
{
    /// <summary>The line prefix with which a component says that it serves, followed by what it wants to say (a port).</summary>
    public const string ReadyPrefix = "ready ";

    /// <summary>The first argument that makes this program a component instead of the harness.</summary>
    public const string ComponentVerb = "component";

    public static ProcessStartInfo Component(params IEnumerable<string> arguments) => ComponentOf(AppContext.BaseDirectory, arguments);

    /// <summary>A component of the build of this program that is in <paramref name="directory"/>.</summary>
    public static ProcessStartInfo ComponentOf(string directory, IEnumerable<string> arguments) =>
        Managed(Path.Combine(directory, "McpTunnel.Benchmarks.dll"), [ComponentVerb, .. arguments]);

    /// <summary>This program once more, as a harness.</summary>
    public static ProcessStartInfo Harness(params IEnumerable<string> arguments) => Managed(Path.Combine(AppContext.BaseDirectory, "McpTunnel.Benchmarks.dll"), arguments);

    public static ProcessStartInfo McpTunnel(params IEnumerable<string> arguments) => Managed(Path.Combine(AppContext.BaseDirectory, "mcptunnel.dll"), arguments);

    public static string? ReadReady(string line) =>
        line.StartsWith(ReadyPrefix, StringComparison.Ordinal) ? line[ReadyPrefix.Length..] : null;

    private static ProcessStartInfo Managed(string assembly, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet");
        start.ArgumentList.Add(assembly);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}
