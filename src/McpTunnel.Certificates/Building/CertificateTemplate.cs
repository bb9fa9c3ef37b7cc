using Org.BouncyCastle.Asn1.X509;

namespace McpTunnel.Certificates.Building;

/// <summary>What a certificate is to say, before it has a serial number and a signature.</summary>
internal sealed record CertificateTemplate
{
    /// <summary>The common name; for people only, every check uses the alternative names.</summary>
    public required string CommonName { get; init; }

    /// <summary>DER SubjectPublicKeyInfo.</summary>
    public required byte[] PublicKey { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Subject alternative names; none for an authority.</summary>
    public IReadOnlyList<GeneralName> Names { get; init; } = [];

    /// <summary>An authority signs end-entity certificates only: path length 0.</summary>
    public bool IsAuthority { get; init; }

    /// <summary>The one extended key usage of an end-entity certificate; for an authority the limit on what it issues.</summary>
    public required KeyPurposeID Purpose { get; init; }

    /// <summary>For an authority: the only domain (with everything below it) it may issue for.</summary>
    public string? PermittedDomain { get; init; }
}
