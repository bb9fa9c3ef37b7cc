namespace McpTunnel.Edge.Admin;

/// <param name="Label">A DNS label, unique for ever.</param>
internal sealed record CreateTunnelRequest(string Label);
