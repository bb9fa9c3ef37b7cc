namespace McpTunnel.Cli.AdminApi;

/// <summary>A token that was revoked just now.</summary>
internal sealed record RevokedToken(TunnelToken Record, int LinksClosed);
