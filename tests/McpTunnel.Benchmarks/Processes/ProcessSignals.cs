using System.Runtime.InteropServices;

namespace McpTunnel.Benchmarks.Processes;

internal static partial class ProcessSignals
{
    private const int SigTerm = 15;

    /// <summary>Asks a process to end. A process that has ended already is fine.</summary>
    public static void Terminate(int processId) => _ = Kill(processId, SigTerm);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
