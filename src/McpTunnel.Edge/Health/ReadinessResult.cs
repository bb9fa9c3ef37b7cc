namespace McpTunnel.Edge.Health;

/// <summary>What one check said.</summary>
/// <param name="Name">The check.</param>
/// <param name="Ready">Whether its condition holds.</param>
/// <param name="Reason">Why not, and what to do; absent when it holds.</param>
internal sealed record ReadinessResult(string Name, bool Ready, string? Reason);
