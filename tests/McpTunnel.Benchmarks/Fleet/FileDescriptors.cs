namespace McpTunnel.Benchmarks.Fleet;

/// <summary>The limit that decides how many links a process can hold.</summary>
internal static class FileDescriptors
{
    private const string Line = "Max open files";

    /// <summary>What this process may raise itself to, which the runtime does at start.</summary>
    public static string Limit() =>
        File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal)) is { } found
            ? found[Line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]
            : "unknown";
}
