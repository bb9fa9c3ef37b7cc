using System.Globalization;
using System.Text.RegularExpressions;

namespace McpTunnel.Benchmarks.Profiling;

/// <summary>Reads what <c>perf script -F pid,ip,sym,dso</c> prints: a line with the process, its frames from the leaf up, an empty line.</summary>
internal static partial class PerfScriptReader
{
    public static IEnumerable<(int ProcessId, IReadOnlyList<Frame> Stack)> Read(TextReader reader)
    {
        var processId = 0;
        var stack = new List<Frame>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0)
            {
                if (stack.Count > 0)
                {
                    yield return (processId, stack);
                    stack = [];
                }
            }
            else if (FrameLine().Match(line) is { Success: true } match)
            {
                stack.Add(ToFrame(match.Groups["symbol"].Value, match.Groups["module"].Value));
            }
            else if (int.TryParse(line.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                processId = id;
            }
        }
    }

    private static Frame ToFrame(string symbol, string module)
    {
        if (module.StartsWith("[kernel", StringComparison.Ordinal) || module.StartsWith("[guest", StringComparison.Ordinal))
        {
            return new Frame(symbol, Frame.Kernel);
        }

        // "valuetype [System.Runtime]X [Assembly] Namespace.Type::Method(arguments)[Tier]" → "[Assembly] Namespace.Type::Method".
        return new Frame(ManagedName().Match(symbol) is { Success: true } name ? name.Groups["name"].Value : symbol, Path.GetFileName(module));
    }

    [GeneratedRegex(@"^\s+[0-9a-f]+ (?<symbol>.*) \((?<module>[^()]*(\([^()]*\))?)\)$")]
    private static partial Regex FrameLine();

    [GeneratedRegex(@"(?<name>\[[A-Za-z0-9_.]+\] [^\s(]+::[^\s(]+)\(")]
    private static partial Regex ManagedName();
}
