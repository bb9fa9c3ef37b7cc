using McpTunnel.Benchmarks.Load;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>A path that is up and has answered its first call.</summary>
internal sealed record RunningVariant(string Name, AgentTarget Target, IReadOnlyList<Component> Components);
