namespace McpTunnel.Edge.Admin;

/// <summary>What administration knows about its edge.</summary>
/// <param name="Domain">The edge's domain, lower case: tunnels are made below it.</param>
internal sealed record AdminOptions(string Domain);
