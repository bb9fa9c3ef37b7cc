using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Keys;
using Org.BouncyCastle.Asn1.X509;

namespace McpTunnel.Certificates.Authorities;

/// <summary>
/// An authority for server certificates below one domain, held to it by name constraints: the customer's inner CA for a tunnel's
/// domain, or the one that an edge makes for its own names.
/// </summary>
public sealed class ServerCa : CertificateAuthority
{
    private ServerCa(X509Certificate2 certificate, PrivateKey key, string domain, TimeProvider timeProvider)
        : base(certificate, key, timeProvider) => Domain = domain;

    /// <summary>The domain, lower case, that this authority may issue for, itself included.</summary>
    public string Domain { get; }

    /// <summary>Makes the inner CA of a tunnel. Its key belongs to the customer and never goes near the edge.</summary>
    /// <param name="tunnelDomain">The tunnel's domain, such as <c>acme.tunnel.example.com</c>.</param>
    /// <param name="timeProvider">The clock that validity is counted from.</param>
    /// <exception cref="CertificateException">Not a DNS name.</exception>
    public static ServerCa CreateForTunnel(string tunnelDomain, TimeProvider timeProvider) => Create("server CA", tunnelDomain, timeProvider);

    /// <summary>Makes the authority for an edge's own names, where no public one is used.</summary>
    /// <param name="edgeDomain">The edge's domain, such as <c>tunnel.example.com</c>.</param>
    /// <param name="timeProvider">The clock that validity is counted from.</param>
    /// <exception cref="CertificateException">Not a DNS name.</exception>
    public static ServerCa CreateForEdge(string edgeDomain, TimeProvider timeProvider) => Create("edge CA", edgeDomain, timeProvider);

    /// <summary>Loads an authority from its files; its domain is read from its name constraints.</summary>
    /// <exception cref="CertificateException">A file is missing, loose, damaged, without constraints, or the two do not belong together.</exception>
    public static async Task<ServerCa> LoadAsync(
        string certificatePath, string keyPath, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var (certificate, key) = await ReadAsync(certificatePath, keyPath, cancellationToken);
        if (CertificateNames.PermittedDomainOf(certificate) is { } domain)
        {
            return new ServerCa(certificate, key, domain, timeProvider);
        }

        certificate.Dispose();
        key.Dispose();
        throw new CertificateException(
            CertificateFault.WrongUsage, $"The authority in {certificatePath} has no name constraints with one domain, so it could sign for every name. Make one with: mcptunnel certs init");
    }

    /// <summary>Makes a key and signs a server certificate for it (extended key usage serverAuth).</summary>
    /// <param name="names">DNS names at or below <see cref="Domain"/>; the first label may be <c>*</c>. At least one, at most 100.</param>
    /// <param name="validity">From 1 hour to 398 days; <see cref="Validity.Server"/> by default.</param>
    /// <exception cref="CertificateException">A name is not a DNS name, or not below the domain.</exception>
    public KeyedCertificate IssueServerCertificate(IReadOnlyCollection<string> names, TimeSpan? validity = null)
    {
        var checkedNames = CertificateNames.CheckServerNames(names, Domain);
        var key = PrivateKey.Create();
        try
        {
            using var issued = Issue(
                CertificateNames.CommonName(checkedNames[0]),
                key.ExportPublicKey(),
                [.. checkedNames.Select(name => new GeneralName(GeneralName.DnsName, name))],
                KeyPurposeID.id_kp_serverAuth,
                validity ?? Validity.Server);
            return new KeyedCertificate([X509CertificateLoader.LoadCertificate(issued.Certificate.RawData)], key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static ServerCa Create(string kind, string domain, TimeProvider timeProvider)
    {
        domain = CertificateNames.CheckDomain(domain);
        var (certificate, key) = MakeRoot(CertificateNames.CommonName($"McpTunnel {kind} {domain}"), KeyPurposeID.id_kp_serverAuth, domain, timeProvider);
        return new ServerCa(certificate, key, domain, timeProvider);
    }
}
