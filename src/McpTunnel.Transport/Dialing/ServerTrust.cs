using System.Net.Security;
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

    /// <summary>
    /// Whether a proxy's own certificate is good. The authorities named are the edge's; the proxy's is the company's matter, as everywhere on this machine, so the system's do as well.
    /// </summary>
    /// <param name="shown">The certificate.</param>
    /// <param name="chain">What was built with <see cref="PolicyFor"/>.</param>
    /// <param name="errors">What was wrong with it then.</param>
    public static bool IsGoodForProxy(X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None || (errors == SslPolicyErrors.RemoteCertificateChainErrors && shown is X509Certificate2 certificate && SystemTrusts(certificate, chain));

    /// <summary>Whether the system's authorities vouch for a certificate, with the help of what came along in <paramref name="chain"/>.</summary>
    internal static bool SystemTrusts(X509Certificate2 certificate, X509Chain? chain)
    {
        using var second = new X509Chain();
        second.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        second.ChainPolicy.DisableCertificateDownloads = true;
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            second.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        second.ChainPolicy.ExtraStore.AddRange(chain?.ChainPolicy.ExtraStore ?? []);
        return second.Build(certificate);
    }
}
