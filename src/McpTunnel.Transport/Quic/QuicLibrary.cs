using System.Runtime.InteropServices;

namespace McpTunnel.Transport.Quic;

/// <summary>What the system's loader says of the native QUIC library: the framework keeps it to itself.</summary>
internal static class QuicLibrary
{
    /// <summary>The file that the framework loads first on Linux.</summary>
    private const string FileName = "libmsquic.so.2";

    /// <summary>Why a library that is there does not load; null when there is none, when it loads, and on another system than Linux.</summary>
    public static string? FindLoadProblem()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            // Where the system looks for it, as a package puts it. Never freed: the framework may have it open too.
            NativeLibrary.Load(FileName);
            return null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            return ReadProblem(exception.Message);
        }
    }

    /// <summary>
    /// The runtime's message has a line for each place that was tried. A place without the file says nothing; what is left is about a file that is there, or about one that it needs.
    /// </summary>
    internal static string? ReadProblem(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Skip(1)
            .Where(line => !IsAbsent(line))
            .Distinct()
            .ToList();
        return lines.Count > 0 ? string.Join("; ", lines).TrimEnd('.') + "." : null;
    }

    private static bool IsAbsent(string line) =>
        line.Contains("libmsquic", StringComparison.Ordinal)
        && line.Split(": ") is [var file, .., var reason]
        && file.Contains("libmsquic", StringComparison.Ordinal)
        && reason == "No such file or directory";
}
