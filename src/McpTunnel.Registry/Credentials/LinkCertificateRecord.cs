namespace McpTunnel.Registry.Credentials;

/// <summary>A link certificate that the tunnel CA has signed.</summary>
/// <param name="TunnelId">The tunnel it speaks for.</param>
/// <param name="Serial">Its serial number, lower-case hexadecimal.</param>
/// <param name="Fingerprint">SHA-256 of the certificate, lower-case hexadecimal.</param>
/// <param name="NotBefore">Beginning of its validity.</param>
/// <param name="NotAfter">End of its validity.</param>
/// <param name="Issued">When it was signed.</param>
/// <param name="Revoked">When it was revoked; null when it was not.</param>
public sealed record LinkCertificateRecord(
    string TunnelId, string Serial, string Fingerprint, DateTimeOffset NotBefore, DateTimeOffset NotAfter, DateTimeOffset Issued, DateTimeOffset? Revoked);
