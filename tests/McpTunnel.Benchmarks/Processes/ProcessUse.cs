namespace McpTunnel.Benchmarks.Processes;

/// <summary>What a process and its descendants have used so far.</summary>
/// <param name="ProcessId">The root of the measured tree.</param>
/// <param name="CpuMicros">User and system time since start, in microseconds.</param>
/// <param name="ResidentBytes">Resident memory now, in bytes.</param>
internal sealed record ProcessUse(int ProcessId, double CpuMicros, long ResidentBytes);
