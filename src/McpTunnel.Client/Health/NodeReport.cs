namespace McpTunnel.Client.Health;

/// <summary>One edge node's part of a client's links.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Up">Links of this client that are up there.</param>
public sealed record NodeReport(string Node, int Up);
