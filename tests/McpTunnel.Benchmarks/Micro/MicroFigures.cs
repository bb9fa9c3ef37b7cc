namespace McpTunnel.Benchmarks.Micro;

/// <summary>What one operation costs.</summary>
internal sealed record MicroFigures(string Name, double Nanoseconds, double AllocatedBytes);
