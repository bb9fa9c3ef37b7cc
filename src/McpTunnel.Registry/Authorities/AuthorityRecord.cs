namespace McpTunnel.Registry.Authorities;

/// <summary>A certificate authority that the edge trusts: its certificate, never a key.</summary>
/// <param name="Fingerprint">SHA-256 of the certificate, lower-case hexadecimal.</param>
/// <param name="Kind">What it is trusted for.</param>
/// <param name="TunnelId">The one tunnel it is trusted for; null for all.</param>
/// <param name="Pem">The certificate.</param>
/// <param name="Added">Since when it is trusted.</param>
/// <param name="Retired">Since when it is not trusted any more; null while it is.</param>
public sealed record AuthorityRecord(
    string Fingerprint, AuthorityKind Kind, string? TunnelId, string Pem, DateTimeOffset Added, DateTimeOffset? Retired);
