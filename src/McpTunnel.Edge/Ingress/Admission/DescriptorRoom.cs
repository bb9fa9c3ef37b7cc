using System.Net.Sockets;
using System.Runtime.InteropServices;
using McpTunnel.Edge.Configuration;

namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>
/// What this process's limit of open files leaves for connections. The runtime ends a process that cannot make a thread for want of a descriptor, so the last ones are never given to a
/// connection, whatever the configured limits allow.
/// </summary>
/// <param name="Files">Files that the process may have open; null when that is not known.</param>
internal sealed record DescriptorRoom(long? Files)
{
    /// <summary>Threads, assemblies, registry, certificates and the management listener take some dozens at a time.</summary>
    private const int SmallestReserve = 128;

    private const int LargestReserve = 1024;

    /// <summary>What an edge has open without any connection: nearly all of it assemblies.</summary>
    private const int OwnFiles = 320;

    /// <summary>RLIMIT_NOFILE of Linux, and RLIM_INFINITY.</summary>
    private const int OpenFiles = 7;

    private const ulong Infinite = ulong.MaxValue;

    /// <summary>How many files may be open, of whatever kind, for a connection to be taken.</summary>
    public long ForConnections { get; } = Files is { } files ? files - Math.Min(Math.Clamp(files / 16, SmallestReserve, LargestReserve), files / 2) : long.MaxValue;

    /// <summary>That of this process. The runtime has raised the soft limit to the hard one.</summary>
    public static DescriptorRoom OfProcess() =>
        new(OperatingSystem.IsLinux() && GetLimit(OpenFiles, out var limit) == 0 && limit.Soft < Infinite ? (long)Math.Min(limit.Soft, long.MaxValue) : null);

    /// <summary>Whether an accepted connection may stay. The kernel numbers files from below, so a number is at most the count of the files that are open.</summary>
    public bool Has(Socket socket) => Files is null || socket.SafeHandle.DangerousGetHandle() < ForConnections;

    /// <summary>
    /// The limits so that none of those who need no credentials can have everything: silent connections make way for others only where they have their limit, and links have to find room
    /// beside callers of the API.
    /// </summary>
    public EdgeLimitOptions Cut(EdgeLimitOptions limits)
    {
        var connections = Math.Max(ForConnections - OwnFiles, ForConnections / 16);
        return limits with
        {
            PendingConnections = Least(limits.PendingConnections, connections / 2),
            StreamsPerSource = Least(limits.StreamsPerSource, connections / 2),
            OwnNameConnections = Least(limits.OwnNameConnections, limits.Links + (connections / 4)),
        };
    }

    private static int Least(int configured, long room) => (int)Math.Min(configured, Math.Max(1, room));

    [DllImport("libc", EntryPoint = "getrlimit")]
    private static extern int GetLimit(int resource, out Limit limit);

    /// <summary>struct rlimit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
