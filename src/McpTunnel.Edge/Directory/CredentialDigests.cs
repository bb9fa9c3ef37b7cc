using System.Security.Cryptography;
using System.Text;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.Edge.Directory;

/// <summary>What a link was registered with, by digest, so that a revocation finds it. No secret.</summary>
/// <param name="TokenHash">SHA-256 of the tunnel token, lower-case hex, as the registry stores it.</param>
/// <param name="CertificateFingerprint">SHA-256 of the link certificate, lower-case hex.</param>
internal sealed record CredentialDigests(string TokenHash, string CertificateFingerprint)
{
    public static CredentialDigests Of(LinkRequest request) => new(
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Token))),
        Convert.ToHexStringLower(request.Certificate.GetCertHash(HashAlgorithmName.SHA256)));
}
