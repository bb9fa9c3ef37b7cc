namespace McpTunnel.Certificates.Verification;

/// <summary>What a <see cref="LinkCertificateVerifier"/> found.</summary>
/// <param name="TunnelId">The tunnel that the certificate speaks for; null when it is refused.</param>
/// <param name="Fault">Why it is refused; null when it is good.</param>
/// <param name="Detail">The same for a person.</param>
public sealed record LinkCertificateVerdict(string? TunnelId, CertificateFault? Fault, string Detail);
