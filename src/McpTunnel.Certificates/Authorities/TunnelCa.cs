using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Keys;
using McpTunnel.Certificates.Requests;
using Org.BouncyCastle.Asn1.X509;

namespace McpTunnel.Certificates.Authorities;

/// <summary>
/// The edge's authority for link certificates. It names the tunnel a client may speak for, and nothing else: its certificates are
/// good for client authentication only, so none of them could end inner TLS.
/// </summary>
public sealed class TunnelCa : CertificateAuthority
{
    private TunnelCa(X509Certificate2 certificate, PrivateKey key, TimeProvider timeProvider)
        : base(certificate, key, timeProvider)
    {
    }

    /// <summary>Makes a new authority with a new key.</summary>
    /// <param name="edgeDomain">The edge's domain, for the authority's name.</param>
    /// <param name="timeProvider">The clock that validity is counted from.</param>
    /// <exception cref="CertificateException">Not a DNS name.</exception>
    public static TunnelCa Create(string edgeDomain, TimeProvider timeProvider)
    {
        var domain = CertificateNames.CheckDomain(edgeDomain);
        var (certificate, key) = MakeRoot(CertificateNames.CommonName($"McpTunnel tunnel CA {domain}"), KeyPurposeID.id_kp_clientAuth, permittedDomain: null, timeProvider);
        return new TunnelCa(certificate, key, timeProvider);
    }

    /// <summary>Loads the authority from its files.</summary>
    /// <exception cref="CertificateException">A file is missing, loose, damaged, or the two do not belong together.</exception>
    public static async Task<TunnelCa> LoadAsync(
        string certificatePath, string keyPath, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var (certificate, key) = await ReadAsync(certificatePath, keyPath, cancellationToken);
        return new TunnelCa(certificate, key, timeProvider);
    }

    /// <summary>
    /// Signs a link certificate: subject and alternative name are ours (<see cref="LinkCertificateName"/>), whatever the request
    /// asked for; key usage digitalSignature, extended key usage clientAuth.
    /// </summary>
    /// <param name="request">The client's request; only its key is taken from it.</param>
    /// <param name="tunnelId">The tunnel that the token was good for.</param>
    /// <param name="validity">From 1 hour to 398 days; <see cref="Validity.Link"/> by default.</param>
    public IssuedCertificate IssueLinkCertificate(SigningRequest request, string tunnelId, TimeSpan? validity = null) =>
        Issue(
            tunnelId,
            request.PublicKey,
            [new GeneralName(GeneralName.UniformResourceIdentifier, LinkCertificateName.UriOf(tunnelId))],
            KeyPurposeID.id_kp_clientAuth,
            validity ?? Validity.Link);
}
