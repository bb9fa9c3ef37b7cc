using McpTunnel.Protocol.Names;

namespace McpTunnel.Registry.Credentials;

/// <summary>A token just made: the only time that it is seen.</summary>
/// <param name="Token">The token.</param>
/// <param name="Record">What is kept of it.</param>
/// <param name="Ended">Tokens that are not valid any more because of it, from this moment on.</param>
public sealed record NewToken(TunnelToken Token, TunnelTokenRecord Record, IReadOnlyList<TunnelTokenRecord> Ended);
