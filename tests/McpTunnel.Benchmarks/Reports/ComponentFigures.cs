namespace McpTunnel.Benchmarks.Reports;

/// <summary>One process in one window.</summary>
/// <param name="Counted">Whether it belongs to the path (not the upstream, not the agents).</param>
/// <param name="CpuMicros">CPU time per call, per event, or per MiB of a bulk stream, in microseconds.</param>
/// <param name="ResidentMiB">Resident memory at the end of the window.</param>
internal sealed record ComponentFigures(string Role, bool Counted, double CpuMicros, double ResidentMiB);
