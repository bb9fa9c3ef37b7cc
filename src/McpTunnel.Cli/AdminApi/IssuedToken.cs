using McpTunnel.Protocol.Control;

namespace McpTunnel.Cli.AdminApi;

/// <summary>A new token: the one time that it is shown.</summary>
internal sealed record IssuedToken(Secret Token, TunnelToken Record, int LinksClosed);
