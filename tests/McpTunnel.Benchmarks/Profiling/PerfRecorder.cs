using System.Diagnostics;
using System.Globalization;

namespace McpTunnel.Benchmarks.Profiling;

/// <summary>Samples processes with Linux <c>perf</c> while they are under load.</summary>
internal sealed class PerfRecorder(string file)
{
    // Not a divisor of any timer's rate, so that samples do not beat with it.
    private const string Hertz = "1997";

    /// <summary>Makes managed processes that are started from now on legible to perf.</summary>
    public static void PrepareChildren()
    {
        // Names of compiled methods, written where perf looks for them (3: without the image list that other tools want).
        Environment.SetEnvironmentVariable("DOTNET_PerfMapEnabled", "3");

        // Otherwise compiled code lives in a mapped file, for which perf does not consult those names.
        Environment.SetEnvironmentVariable("DOTNET_EnableWriteXorExecute", "0");
    }

    public async Task RecordAsync(IEnumerable<int> processes, double seconds, CancellationToken cancellationToken)
    {
        // cpu-clock works in virtual machines that have no performance counters.
        string[] arguments =
        [
            "record", "-q", "-e", "cpu-clock", "-F", Hertz, "-g", "-p", string.Join(',', processes), "-o", file,
            "--", "sleep", seconds.ToString(CultureInfo.InvariantCulture),
        ];
        using var perf = Start(new ProcessStartInfo("perf", arguments) { RedirectStandardError = true });
        var error = await perf.StandardError.ReadToEndAsync(cancellationToken);
        await perf.WaitForExitAsync(cancellationToken);
        if (perf.ExitCode != 0)
        {
            throw new InvalidOperationException($"perf record ended with {perf.ExitCode}: {error} It needs root or kernel.perf_event_paranoid ≤ 1.");
        }
    }

    public async Task<IReadOnlyDictionary<int, ProfileSummary>> SummarizeAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("perf", ["script", "-i", file, "-F", "pid,ip,sym,dso"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var perf = Start(start);
        var errors = perf.StandardError.ReadToEndAsync(cancellationToken);
        var summaries = new Dictionary<int, ProfileSummary>();
        foreach (var (processId, stack) in PerfScriptReader.Read(perf.StandardOutput))
        {
            if (!summaries.TryGetValue(processId, out var summary))
            {
                summaries[processId] = summary = new ProfileSummary();
            }

            summary.Add(stack);
        }

        await errors;
        await perf.WaitForExitAsync(cancellationToken);
        return summaries;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new InvalidOperationException($"perf did not start ({missing.Message}). Install linux-perf.");
        }
    }
}
