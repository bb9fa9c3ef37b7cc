namespace McpTunnel.Edge.Health;

/// <summary>The answer of <c>/readyz</c>.</summary>
/// <param name="Ready">Whether the node takes traffic.</param>
/// <param name="Checks">Each condition.</param>
internal sealed record ReadinessReport(bool Ready, IReadOnlyList<ReadinessResult> Checks);
