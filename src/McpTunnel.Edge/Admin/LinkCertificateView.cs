using McpTunnel.Registry.Credentials;

namespace McpTunnel.Edge.Admin;

/// <param name="Serial">Its serial number.</param>
/// <param name="Tunnel">The tunnel it speaks for.</param>
/// <param name="Fingerprint">SHA-256 of the certificate.</param>
/// <param name="NotBefore">Beginning of its validity.</param>
/// <param name="NotAfter">End of its validity.</param>
/// <param name="Issued">When it was signed.</param>
/// <param name="Revoked">When it was revoked; absent when it was not.</param>
internal sealed record LinkCertificateView(
    string Serial, string Tunnel, string Fingerprint, DateTimeOffset NotBefore, DateTimeOffset NotAfter, DateTimeOffset Issued, DateTimeOffset? Revoked)
{
    public static LinkCertificateView Of(LinkCertificateRecord certificate) => new(
        certificate.Serial, certificate.TunnelId, certificate.Fingerprint, certificate.NotBefore, certificate.NotAfter, certificate.Issued, certificate.Revoked);
}
