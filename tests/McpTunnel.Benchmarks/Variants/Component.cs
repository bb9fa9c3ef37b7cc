namespace McpTunnel.Benchmarks.Variants;

/// <summary>One process of a path.</summary>
/// <param name="Role">What it is called in the tables.</param>
/// <param name="Counted">Whether its CPU time belongs to the path; the upstream and the agents are reported only.</param>
internal sealed record Component(string Role, int ProcessId, bool Counted = true);
