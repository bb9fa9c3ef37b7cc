namespace McpTunnel.Benchmarks.Reports;

/// <summary>A variant without figures, and why.</summary>
internal sealed record Absence(string Variant, string Reason);
