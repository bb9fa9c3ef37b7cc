namespace McpTunnel.Edge.Admin;

/// <param name="Record">The token as it is now.</param>
/// <param name="LinksClosed">Live links that ended with it.</param>
internal sealed record RevokedTokenView(TokenView Record, int LinksClosed);
