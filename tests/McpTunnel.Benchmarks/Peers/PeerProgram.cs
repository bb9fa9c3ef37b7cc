using System.Diagnostics;

namespace McpTunnel.Benchmarks.Peers;

/// <summary>How to start a program that may be unpacked beside the system: with its own loader and libraries if it has any.</summary>
/// <param name="File">The program.</param>
/// <param name="Loader">The dynamic loader to start it through; null for the system's own.</param>
/// <param name="Libraries">Where its libraries are, in <c>LD_LIBRARY_PATH</c> form; null when the system has them.</param>
internal sealed record PeerProgram(string File, string? Loader = null, string? Libraries = null)
{
    public ProcessStartInfo Start(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Loader ?? File);
        if (Loader is not null)
        {
            start.ArgumentList.Add("--library-path");
            start.ArgumentList.Add(Libraries!);
            start.ArgumentList.Add(File);
        }
        else if (Libraries is not null)
        {
            start.Environment["LD_LIBRARY_PATH"] = Libraries;
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}
