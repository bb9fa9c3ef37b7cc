using McpTunnel.Protocol.Names;

namespace McpTunnel.Registry.Credentials;

/// <summary>A token just made: the only time that it is seen.</summary>
public sealed record NewToken(TunnelToken Token, TunnelTokenRecord Record);
