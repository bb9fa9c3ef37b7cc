namespace McpTunnel.Cli.AdminApi;

/// <summary>A tunnel as the edge shows it.</summary>
internal sealed record Tunnel(string Id, string Label, string Domain, string State, DateTimeOffset Created);
