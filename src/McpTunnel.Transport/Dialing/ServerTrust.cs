using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.Transport.Dialing;

/// <summary>Whom to believe about a server's certificate, for whatever this machine dials.</summary>
public static class ServerTrust
{
    /// <summary>A policy of the caller's own. It is offline: a handshake never waits for a third party, and nothing that a peer presents makes this machine fetch something from somewhere.</summary>
    /// <param name="authorities">The authorities that may have issued the certificate, and no others; null for the system's.</param>
    public static X509ChainPolicy PolicyFor(X509Certificate2Collection? authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = authorities is null ? X509ChainTrustMode.System : X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,

            // The framework's own policy follows the addresses in a certificate to issuers that the peer left out.
            DisableCertificateDownloads = true,
        };
        if (authorities is not null)
        {
            policy.CustomTrustStore.AddRange(authorities);
        }

        return policy;
    }
}
