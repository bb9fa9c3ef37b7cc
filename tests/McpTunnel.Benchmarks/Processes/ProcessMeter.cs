using System.Globalization;

namespace McpTunnel.Benchmarks.Processes;

/// <summary>
/// Reads CPU time and memory of process trees from <c>/proc</c>. Trees, because some programs (sshd) serve each connection
/// in a child.
/// </summary>
internal static class ProcessMeter
{
    // The kernel reports /proc/<pid>/stat in ticks of USER_HZ, which is 100 on every Linux architecture .NET runs on.
    private const double MicrosPerTick = 10_000;

    // Positions in /proc/<pid>/stat counted after the command name, which may itself contain blanks (proc(5)).
    private const int ParentField = 1;
    private const int UserTimeField = 11;
    private const int LastTimeField = 14;
    private const int ResidentPagesField = 21;

    public static IReadOnlyList<ProcessUse> Read(IReadOnlyCollection<int> roots)
    {
        var stats = ReadAll();
        return [.. roots.Select(root => Sum(root, stats))];
    }

    private static ProcessUse Sum(int root, Dictionary<int, string[]> stats)
    {
        double ticks = 0;
        long pages = 0;
        foreach (var (pid, fields) in stats)
        {
            if (!IsInTree(pid, root, stats))
            {
                continue;
            }

            // utime, stime, and those of children that have been waited for.
            for (var field = UserTimeField; field <= LastTimeField; field++)
            {
                ticks += long.Parse(fields[field], CultureInfo.InvariantCulture);
            }

            pages += long.Parse(fields[ResidentPagesField], CultureInfo.InvariantCulture);
        }

        return new ProcessUse(root, ticks * MicrosPerTick, pages * Environment.SystemPageSize);
    }

    private static bool IsInTree(int pid, int root, Dictionary<int, string[]> stats)
    {
        while (pid != root)
        {
            if (!stats.TryGetValue(pid, out var fields))
            {
                return false;
            }

            pid = int.Parse(fields[ParentField], CultureInfo.InvariantCulture);
        }

        return true;
    }

    private static Dictionary<int, string[]> ReadAll()
    {
        var stats = new Dictionary<int, string[]>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                continue;
            }

            try
            {
                var line = File.ReadAllText(Path.Combine(directory, "stat"));
                stats[pid] = line[(line.LastIndexOf(')') + 2)..].Split(' ');
            }
            catch (IOException)
            {
                // The process ended between the listing and the reading.
            }
        }

        return stats;
    }
}
