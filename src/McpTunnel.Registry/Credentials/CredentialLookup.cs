using McpTunnel.Registry.Tunnels;

namespace McpTunnel.Registry.Credentials;

/// <summary>What the registry knows about the three things a link shows. Each null where it knows nothing.</summary>
/// <param name="Tunnel">The tunnel asked for.</param>
/// <param name="Token">The token with the hash shown, of whatever tunnel and in whatever state.</param>
/// <param name="Certificate">The certificate with the fingerprint shown, of whatever tunnel and in whatever state.</param>
public sealed record CredentialLookup(TunnelRecord? Tunnel, TunnelTokenRecord? Token, LinkCertificateRecord? Certificate);
