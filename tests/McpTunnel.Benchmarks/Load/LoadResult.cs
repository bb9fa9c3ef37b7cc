using McpTunnel.Benchmarks.Processes;

namespace McpTunnel.Benchmarks.Load;

/// <summary>What one window gave.</summary>
/// <param name="Count">Calls or events finished inside the window.</param>
/// <param name="Bytes">Response payload bytes received inside the window.</param>
/// <param name="Seconds">The window's measured length.</param>
/// <param name="P50Micros">Median latency of a call or event, in microseconds.</param>
/// <param name="P99Micros">99th percentile of the same.</param>
/// <param name="Errors">Connections that failed; any at all makes the figures worthless.</param>
internal sealed record LoadResult(
    long Count,
    long Bytes,
    double Seconds,
    double P50Micros,
    double P99Micros,
    int Errors,
    string? FirstError,
    IReadOnlyList<ProcessUse> Before,
    IReadOnlyList<ProcessUse> After);
