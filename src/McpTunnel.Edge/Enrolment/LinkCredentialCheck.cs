using McpTunnel.Certificates;
using McpTunnel.Certificates.Verification;
using McpTunnel.Protocol.Codes;
using McpTunnel.Registry.Credentials;
using McpTunnel.Registry.Tunnels;

namespace McpTunnel.Edge.Enrolment;

/// <summary>
/// Decides whether a certificate and a token together open a link for a tunnel: both good by themselves, both of that tunnel. Pure:
/// all facts are gathered before, whichever of them will turn out to matter, so the time taken tells a stranger nothing.
/// </summary>
internal static class LinkCredentialCheck
{
    /// <summary>Judges everything a link shows; null when it is accepted.</summary>
    /// <param name="certificate">What the certificate says by itself.</param>
    /// <param name="found">What the registry knows about tunnel, token and certificate.</param>
    /// <param name="tunnelId">The tunnel that the hello asks for.</param>
    /// <param name="now">The time that token and certificate are judged at.</param>
    public static CredentialRefusal? Judge(LinkCertificateVerdict certificate, CredentialLookup found, string tunnelId, DateTimeOffset now) =>
        JudgeCertificate(certificate, found, now) ?? JudgeOwner(certificate, found, tunnelId) ?? JudgeToken(found, tunnelId, now);

    /// <summary>Judges a token without a certificate, as for enrolment; null when it is accepted.</summary>
    public static CredentialRefusal? JudgeToken(CredentialLookup found, string tunnelId, DateTimeOffset now)
    {
        if (found.Token is not { } token)
        {
            return new CredentialRefusal(
                TunnelCode.TokenInvalid, "The edge does not know this tunnel token. Check that it was issued by this edge, or issue a new one.");
        }

        if (found.Tunnel is not { } tunnel)
        {
            return new CredentialRefusal(TunnelCode.UnknownTunnel, "The edge does not know this tunnel. Enrol again with a token of this edge.");
        }

        if (token.TunnelId != tunnelId)
        {
            return new CredentialRefusal(TunnelCode.IdentityMismatch, "The token belongs to another tunnel. Use the token of this tunnel.");
        }

        if (token.Revoked is { } revoked)
        {
            return new CredentialRefusal(TunnelCode.TokenRevoked, $"The token was revoked {revoked:u}. Issue a new one.");
        }

        if (!token.IsValid(now))
        {
            return new CredentialRefusal(TunnelCode.TokenExpired, $"The token expired {token.Expires:u}. Issue a new one.");
        }

        return tunnel.State == TunnelState.Archived
            ? new CredentialRefusal(TunnelCode.TunnelArchived, "The tunnel is archived. Create another one and enrol for it.")
            : null;
    }

    private static CredentialRefusal? JudgeCertificate(LinkCertificateVerdict certificate, CredentialLookup found, DateTimeOffset now)
    {
        if (certificate.Fault == CertificateFault.NotYetValid && found.Certificate is { } early && now < early.NotBefore)
        {
            // This edge dated it by its own clock, which was set back since. A client that is sent away for good would not be back when the clock is right.
            return new CredentialRefusal(
                TunnelCode.InternalError, $"The certificate begins {early.NotBefore:u} and this edge's clock says {now:u}. Set the edge's clock; clients come back by themselves.");
        }

        if (certificate.Fault is { } fault)
        {
            return fault == CertificateFault.Expired
                ? new CredentialRefusal(TunnelCode.CertificateExpired, $"{certificate.Detail} Enrol again.")
                : new CredentialRefusal(TunnelCode.CertificateInvalid, $"{certificate.Detail} Enrol at this edge.");
        }

        if (found.Certificate is not { } record)
        {
            return new CredentialRefusal(TunnelCode.CertificateInvalid, "The edge has no record of having issued this certificate. Enrol again.");
        }

        if (record.Revoked is { } revoked)
        {
            return new CredentialRefusal(TunnelCode.CertificateRevoked, $"The certificate was revoked {revoked:u}. Enrol again.");
        }

        return now > record.NotAfter
            ? new CredentialRefusal(TunnelCode.CertificateExpired, $"The certificate ended {record.NotAfter:u}. Enrol again.")
            : null;
    }

    private static CredentialRefusal? JudgeOwner(LinkCertificateVerdict certificate, CredentialLookup found, string tunnelId) =>
        certificate.TunnelId == tunnelId && found.Certificate?.TunnelId == tunnelId
            ? null
            : new CredentialRefusal(
                TunnelCode.IdentityMismatch, "The certificate belongs to another tunnel than the one asked for. Enrol with the token of this tunnel.");
}
