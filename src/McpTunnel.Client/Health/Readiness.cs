namespace McpTunnel.Client.Health;

/// <summary>Whether calls can be served now.</summary>
/// <param name="Ready">Whether nothing is in the way.</param>
/// <param name="Reasons">What is in the way, for a person; empty when ready.</param>
/// <param name="Warnings">What will be in the way if nobody acts; empty when nothing will.</param>
public sealed record Readiness(bool Ready, IReadOnlyList<string> Reasons, IReadOnlyList<string> Warnings);
