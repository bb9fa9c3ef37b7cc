namespace McpTunnel.TestKit.Telemetry;

/// <summary>A metric as <c>docs/metrics.md</c> has it.</summary>
/// <param name="Name">As Prometheus sees it.</param>
/// <param name="Type">Its Prometheus type.</param>
/// <param name="Unit">In words; empty for a flag.</param>
/// <param name="Labels">Its labels.</param>
public sealed record DocumentedMetric(string Name, string Type, string Unit, IReadOnlyList<string> Labels);
