using McpTunnel.Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Requests;
using McpTunnel.Edge.Api;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Names;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Credentials;
using McpTunnel.Registry.Tunnels;

namespace McpTunnel.Edge.Enrolment;

/// <summary>Exchanges a valid tunnel token and a signing request for a link certificate. Thread-safe.</summary>
internal sealed class EnrolmentService(TunnelCa authority, ICredentialRegistry credentials, EnrolmentOptions options, TimeProvider timeProvider)
{
    /// <exception cref="ApiException">Refused; the code says why.</exception>
    public async Task<(EnrolmentAnswer Answer, string Serial, string TokenId)> EnrolAsync(
        EnrolmentRequest request, string remoteAddress, CancellationToken cancellationToken)
    {
        // The token first: a stranger's signing request is not worth the arithmetic.
        var (tunnel, token) = await CheckTokenAsync(request.Token, cancellationToken);
        using var issued = Sign(request.Csr, tunnel.Id);
        var record = new LinkCertificateRecord(
            tunnel.Id, issued.Serial, issued.Fingerprint, issued.NotBefore, issued.NotAfter, timeProvider.GetUtcNow(), Revoked: null);
        await credentials.AddCertificateAsync(record, new AdminActor("enrolment", token.Id, remoteAddress), cancellationToken);
        var answer = new EnrolmentAnswer(tunnel.Id, tunnel.Label, tunnel.Domain, issued.Pem + authority.CertificatePem, issued.NotAfter);
        return (answer, issued.Serial, token.Id);
    }

    private async Task<(TunnelRecord Tunnel, TunnelTokenRecord Token)> CheckTokenAsync(string text, CancellationToken cancellationToken)
    {
        if (!TunnelToken.TryParse(text, out var token))
        {
            throw new ApiException(
                TunnelCode.TokenInvalid, "This is not a tunnel token, or it was cut off or mistyped: its checksum is wrong. Copy it again from where it was issued.");
        }

        var found = await credentials.FindCredentialsAsync(token.TunnelId, token.Hash, certificateFingerprint: null, cancellationToken);
        return LinkCredentialCheck.JudgeToken(found, token.TunnelId, timeProvider.GetUtcNow()) is { } refusal
            ? throw new ApiException(refusal.Code, refusal.Detail)
            : (found.Tunnel!, found.Token!);
    }

    private IssuedCertificate Sign(string csr, string tunnelId)
    {
        try
        {
            return authority.IssueLinkCertificate(SigningRequest.Parse(csr), tunnelId, options.CertificateValidity);
        }
        catch (CertificateException exception)
        {
            throw new ApiException(
                exception.Fault switch
                {
                    CertificateFault.KeyNotAccepted or CertificateFault.KeyTooWeak => TunnelCode.KeyNotAccepted,

                    // Of the authority, not of the request.
                    CertificateFault.Expired => TunnelCode.InternalError,
                    _ => TunnelCode.SigningRequestInvalid,
                },
                exception.Message);
        }
    }
}
