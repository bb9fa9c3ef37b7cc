namespace McpTunnel.Cli.AdminApi;

/// <summary>A tunnel token as the edge shows it, without the token itself.</summary>
internal sealed record TunnelToken(
    string Id, string Tunnel, string Fingerprint, DateTimeOffset Created, DateTimeOffset? Expires, DateTimeOffset? Revoked, bool Valid);
