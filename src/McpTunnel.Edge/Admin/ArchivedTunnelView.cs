namespace McpTunnel.Edge.Admin;

/// <param name="Tunnel">The tunnel as it is now.</param>
/// <param name="LinksClosed">Live links that ended with it.</param>
internal sealed record ArchivedTunnelView(TunnelView Tunnel, int LinksClosed);
