using OpenTelemetry.Metrics;

namespace McpTunnel.Benchmarks.Micro;

/// <summary>Makes instruments keep their sums, as a scrape does, and shows them to nobody.</summary>
internal sealed class SilentReader : MetricReader;
