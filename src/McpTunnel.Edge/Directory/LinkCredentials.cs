using System.Security.Cryptography;
using System.Text;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.Edge.Directory;

/// <summary>What a link was registered with, by digest, so that a revocation finds it. No secret.</summary>
/// <param name="TokenHash">SHA-256 of the tunnel token, upper-case hex, as the registry stores it.</param>
/// <param name="CertificateThumbprint">SHA-256 of the link certificate, upper-case hex.</param>
internal sealed record LinkCredentials(string TokenHash, string CertificateThumbprint)
{
    public static LinkCredentials Of(LinkRequest request) => new(
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(request.Token))),
        request.Certificate.GetCertHashString(HashAlgorithmName.SHA256));
}
