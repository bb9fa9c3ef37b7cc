using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.Client.Egress;

/// <summary>TLS towards a peer whose certificate comes from a private CA.</summary>
internal static class PrivateTrust
{
    /// <param name="authorities">The CAs; null for the system's.</param>
    public static SslClientAuthenticationOptions ClientOptions(X509Certificate2Collection? authorities)
    {
        var options = new SslClientAuthenticationOptions();
        if (authorities is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,

                // Nothing that a peer presents makes this machine fetch something from somewhere.
                DisableCertificateDownloads = true,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return options;
    }
}
