using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Authorities;

namespace McpTunnel.Certificates.Inspection;

/// <summary>What a certificate says, in words and numbers for a person or a status page. Holds nothing secret.</summary>
public sealed record CertificateDescription
{
    /// <summary>The subject's distinguished name.</summary>
    public required string Subject { get; init; }

    /// <summary>The issuer's distinguished name.</summary>
    public required string Issuer { get; init; }

    /// <summary>Lower-case hexadecimal digits.</summary>
    public required string Serial { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Such as <c>ECDSA P-256</c> or <c>RSA 2048</c>.</summary>
    public required string Key { get; init; }

    /// <summary>SHA-256 of the certificate, lower-case hexadecimal: what a registry or a pin compares.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>SHA-256 of the public key, lower-case hexadecimal: stays the same when the same key gets a new certificate.</summary>
    public required string KeyFingerprint { get; init; }

    public required bool IsAuthority { get; init; }

    /// <summary>For an authority: the one domain it may issue for, when it is held to one.</summary>
    public string? PermittedDomain { get; init; }

    public IReadOnlyList<string> DnsNames { get; init; } = [];

    public IReadOnlyList<string> Addresses { get; init; } = [];

    public IReadOnlyList<string> Uris { get; init; } = [];

    /// <summary>Such as <c>serverAuth</c>; an object identifier where it has no common name.</summary>
    public IReadOnlyList<string> ExtendedKeyUsages { get; init; } = [];

    /// <summary>The certificates that follow this one in its file, in order.</summary>
    public IReadOnlyList<CertificateDescription> Chain { get; init; } = [];

    /// <summary>What is wrong with it at the time of looking; empty when nothing is.</summary>
    public IReadOnlyList<CertificateProblem> Problems { get; init; } = [];

    /// <summary>Describes the first certificate of a chain, and the others as its <see cref="Chain"/>.</summary>
    /// <param name="chain">End-entity certificate first; at least one.</param>
    /// <param name="now">The time that validity is judged at.</param>
    public static CertificateDescription Of(IReadOnlyList<X509Certificate2> chain, DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfZero(chain.Count);
        return Of(chain[0]) with
        {
            Chain = [.. chain.Skip(1).Select(Of)],
            Problems = ProblemFinder.Find(chain, now),
        };
    }

    private static CertificateDescription Of(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return new CertificateDescription
        {
            Subject = certificate.Subject,
            Issuer = certificate.Issuer,
            Serial = certificate.SerialNumber.ToLowerInvariant(),
            NotBefore = new DateTimeOffset(certificate.NotBefore.ToUniversalTime()),
            NotAfter = new DateTimeOffset(certificate.NotAfter.ToUniversalTime()),
            Key = KeyText.Of(certificate),
            Fingerprint = certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant(),
            KeyFingerprint = Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo())),
            IsAuthority = certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(extension => extension.CertificateAuthority),
            PermittedDomain = CertificateNames.PermittedDomainOf(certificate),
            DnsNames = [.. names?.EnumerateDnsNames() ?? []],
            Addresses = [.. (names?.EnumerateIPAddresses() ?? []).Select(address => address.ToString())],
            Uris = [.. CertificateNames.UrisOf(certificate)],
            ExtendedKeyUsages = [.. UsagesOf(certificate)],
        };
    }

    private static IEnumerable<string> UsagesOf(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
            .SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>())
            .Select(usage => usage.Value switch
            {
                KeyUsageOids.ServerAuthentication => "serverAuth",
                KeyUsageOids.ClientAuthentication => "clientAuth",
                var other => other ?? "",
            });
}
