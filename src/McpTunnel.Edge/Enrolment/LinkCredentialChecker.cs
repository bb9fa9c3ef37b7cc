using System.Security.Cryptography;
using McpTunnel.Certificates.Verification;
using McpTunnel.Protocol.Names;
using McpTunnel.Registry.Credentials;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.Edge.Enrolment;

/// <summary>Gathers what is known about a link's credentials and has them judged. Thread-safe.</summary>
internal sealed class LinkCredentialChecker(LinkCertificateVerifier verifier, ICredentialRegistry credentials, TimeProvider timeProvider)
{
    /// <summary>Accepts with the tunnel's domain, or refuses with the code of the first thing that is wrong.</summary>
    public async ValueTask<LinkDecision> CheckAsync(LinkRequest request, CancellationToken cancellationToken)
    {
        var verdict = verifier.Verify(request.Certificate);
        var found = await credentials.FindCredentialsAsync(
            request.TunnelId,
            SecretText.Hash(request.Token),
            request.Certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant(),
            cancellationToken);
        return LinkCredentialCheck.Judge(verdict, found, request.TunnelId, timeProvider.GetUtcNow()) is { } refusal
            ? LinkDecision.Refuse(refusal.Code, refusal.Detail)
            : LinkDecision.Accept(found.Tunnel!.Domain);
    }
}
