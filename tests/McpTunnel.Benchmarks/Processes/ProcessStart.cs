using System.Diagnostics;

namespace McpTunnel.Benchmarks.Processes;

internal static class ProcessStart
{
    /// <summary>Has another program start this one: its own name and arguments come first.</summary>
    public static ProcessStartInfo Behind(this ProcessStartInfo start, string program, params IEnumerable<string> arguments)
    {
        var at = 0;
        foreach (var argument in arguments.Append(start.FileName))
        {
            start.ArgumentList.Insert(at++, argument);
        }

        start.FileName = program;
        return start;
    }
}
