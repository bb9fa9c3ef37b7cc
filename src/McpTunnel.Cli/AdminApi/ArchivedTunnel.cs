namespace McpTunnel.Cli.AdminApi;

/// <summary>A tunnel that was archived just now.</summary>
internal sealed record ArchivedTunnel(Tunnel Tunnel, int LinksClosed);
