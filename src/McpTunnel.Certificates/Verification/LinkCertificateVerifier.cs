using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Inspection;

namespace McpTunnel.Certificates.Verification;

/// <summary>
/// Judges a client's certificate by itself: issued by one of the tunnel authorities, for client authentication, in its validity.
/// Whether it is revoked is the registry's to say. Works offline. Thread-safe.
/// </summary>
public sealed class LinkCertificateVerifier : IDisposable
{
    private readonly X509Certificate2[] _authorities;
    private readonly TimeProvider _timeProvider;

    /// <param name="authorities">Certificates of the authorities; copied.</param>
    /// <param name="timeProvider">The clock that validity is judged by.</param>
    public LinkCertificateVerifier(IEnumerable<X509Certificate2> authorities, TimeProvider timeProvider)
    {
        _authorities = [.. authorities.Select(authority => X509CertificateLoader.LoadCertificate(authority.RawData))];
        ArgumentOutOfRangeException.ThrowIfZero(_authorities.Length, nameof(authorities));
        _timeProvider = timeProvider;
    }

    /// <summary>Judges one certificate.</summary>
    public LinkCertificateVerdict Verify(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(KeyUsageOids.ClientAuthentication));
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = _timeProvider.GetUtcNow().UtcDateTime;
        try
        {
            if (chain.Build(certificate))
            {
                return LinkCertificateName.TunnelIdOf(certificate) is { } tunnelId
                    ? new LinkCertificateVerdict(tunnelId, null, "")
                    : new LinkCertificateVerdict(null, CertificateFault.NameNotAllowed, "The certificate does not name a tunnel.");
            }

            return Explain(certificate, chain);
        }
        catch (CryptographicException)
        {
            return new LinkCertificateVerdict(null, CertificateFault.Malformed, "The certificate cannot be read.");
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }

    public void Dispose()
    {
        foreach (var authority in _authorities)
        {
            authority.Dispose();
        }
    }

    private LinkCertificateVerdict Explain(X509Certificate2 certificate, X509Chain chain)
    {
        var flags = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);

        // Out of its time is the answer only when nothing else is wrong: a stranger's expired certificate is a stranger's.
        if (flags == X509ChainStatusFlags.NotTimeValid)
        {
            // The last second counts as ended: the platforms differ about it.
            return _timeProvider.GetUtcNow() >= certificate.NotAfter
                ? new LinkCertificateVerdict(null, CertificateFault.Expired, $"The certificate ended {certificate.NotAfter.ToUniversalTime():u}.")
                : new LinkCertificateVerdict(null, CertificateFault.NotYetValid, "The certificate, or its authority, is outside its validity.");
        }

        return flags == X509ChainStatusFlags.NotValidForUsage
            ? new LinkCertificateVerdict(null, CertificateFault.WrongUsage, "The certificate is not for client authentication.")
            : new LinkCertificateVerdict(null, CertificateFault.NotTrusted, "The certificate is not issued by an authority of this edge.");
    }
}
