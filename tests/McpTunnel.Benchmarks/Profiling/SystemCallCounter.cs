using System.Diagnostics;
using System.Globalization;

namespace McpTunnel.Benchmarks.Profiling;

/// <summary>Counts a process's system calls and context switches by the kernel's own tracepoints, at hardly any cost.</summary>
internal static class SystemCallCounter
{
    private const string TaskClock = "task-clock";

    private static readonly string[] Events =
    [
        "syscalls:sys_enter_sendto", "syscalls:sys_enter_sendmsg", "syscalls:sys_enter_write", "syscalls:sys_enter_writev",
        "syscalls:sys_enter_recvfrom", "syscalls:sys_enter_recvmsg", "syscalls:sys_enter_read",
        "syscalls:sys_enter_epoll_wait", "syscalls:sys_enter_epoll_ctl", "syscalls:sys_enter_futex", "syscalls:sys_enter_sched_yield",
        "syscalls:sys_enter_madvise", "context-switches", TaskClock,
    ];

    /// <returns>
    /// Counts for each microsecond of the process's CPU time, by name: a unit that stays right though the rate of calls changes while
    /// one counts.
    /// </returns>
    public static async Task<IReadOnlyDictionary<string, double>> CountAsync(int processId, double seconds, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            "stat", "-x", ";", "-e", string.Join(',', Events), "-p", processId.ToString(CultureInfo.InvariantCulture),
            "--", "sleep", seconds.ToString(CultureInfo.InvariantCulture),
        ];
        using var perf = Process.Start(new ProcessStartInfo("perf", arguments) { RedirectStandardError = true })!;
        var output = await perf.StandardError.ReadToEndAsync(cancellationToken);
        await perf.WaitForExitAsync(cancellationToken);
        var counts = new Dictionary<string, double>();
        foreach (var fields in output.Split('\n').Select(line => line.Split(';')).Where(fields => fields.Length > 2))
        {
            // "<not supported>" where the kernel has no such tracepoint.
            if (double.TryParse(fields[0], CultureInfo.InvariantCulture, out var count) && count > 0)
            {
                counts[fields[2].Replace("syscalls:sys_enter_", "", StringComparison.Ordinal)] = count;
            }
        }

        // In milliseconds; nothing was counted if the process did not run.
        var micros = counts.Remove(TaskClock, out var milliseconds) ? milliseconds * 1000 : 1;
        return counts.ToDictionary(pair => pair.Key, pair => pair.Value / micros);
    }
}
