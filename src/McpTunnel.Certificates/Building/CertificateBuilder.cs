using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Keys;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.X509;

namespace McpTunnel.Certificates.Building;

/// <summary>Turns a template into a signed certificate after the profile of RFC 5280 and the CA/Browser Forum's habits.</summary>
internal static class CertificateBuilder
{
    /// <summary>Bytes of randomness in a serial number: 16, of which the top bit is cleared (127 bits; 64 are demanded).</summary>
    private const int SerialBytes = 16;

    /// <summary>A key identifier is 160 bits (RFC 7093 section 2, method 1: of SHA-256).</summary>
    private const int KeyIdentifierBytes = 20;

    /// <summary>Builds a certificate signed by <paramref name="issuerKey"/>.</summary>
    /// <param name="template">What it says.</param>
    /// <param name="issuer">The issuer's certificate; null for a self-signed one.</param>
    /// <param name="issuerKey">The issuer's key.</param>
    public static X509Certificate2 Build(CertificateTemplate template, X509Certificate2? issuer, PrivateKey issuerKey)
    {
        var subject = new X509Name([X509Name.CN], [template.CommonName]);
        var publicKey = SubjectPublicKeyInfo.GetInstance(Asn1Object.FromByteArray(template.PublicKey));
        var keyIdentifier = KeyIdentifierOf(publicKey);
        var generator = new X509V3CertificateGenerator();
        generator.SetSerialNumber(NewSerial());
        generator.SetIssuerDN(issuer is null ? subject : X509Name.GetInstance(Asn1Object.FromByteArray(issuer.SubjectName.RawData)));
        generator.SetSubjectDN(subject);
        generator.SetNotBefore(template.NotBefore.UtcDateTime);
        generator.SetNotAfter(template.NotAfter.UtcDateTime);
        generator.SetSubjectPublicKeyInfo(publicKey);

        generator.AddExtension(
            X509Extensions.BasicConstraints, critical: true, template.IsAuthority ? new BasicConstraints(0) : new BasicConstraints(false));
        // No keyEncipherment, also for RSA: key exchange by RSA is not served.
        generator.AddExtension(
            X509Extensions.KeyUsage, critical: true,
            new KeyUsage(template.IsAuthority ? KeyUsage.KeyCertSign | KeyUsage.CrlSign : KeyUsage.DigitalSignature));
        generator.AddExtension(X509Extensions.ExtendedKeyUsage, critical: false, new ExtendedKeyUsage(template.Purpose));
        generator.AddExtension(X509Extensions.SubjectKeyIdentifier, critical: false, new SubjectKeyIdentifier(keyIdentifier));
        generator.AddExtension(
            X509Extensions.AuthorityKeyIdentifier, critical: false,
            new AuthorityKeyIdentifier(issuer is null ? keyIdentifier : KeyIdentifierOf(issuer)));
        if (template.Names.Count > 0)
        {
            generator.AddExtension(X509Extensions.SubjectAlternativeName, critical: false, new GeneralNames([.. template.Names]));
        }

        if (template.PermittedDomain is { } domain)
        {
            generator.AddExtension(X509Extensions.NameConstraints, critical: true, OnlyNamesBelow(domain));
        }

        return X509CertificateLoader.LoadCertificate(generator.Generate(new PlatformSignatureFactory(issuerKey)).GetEncoded());
    }

    private static BigInteger NewSerial()
    {
        Span<byte> serial = stackalloc byte[SerialBytes];
        RandomNumberGenerator.Fill(serial);
        return new BigInteger(1, serial).ClearBit((SerialBytes * 8) - 1).Max(BigInteger.One);
    }

    private static byte[] KeyIdentifierOf(SubjectPublicKeyInfo publicKey) =>
        SHA256.HashData(publicKey.PublicKey.GetBytes())[..KeyIdentifierBytes];

    private static byte[] KeyIdentifierOf(X509Certificate2 issuer) =>
        issuer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault() is { } extension
            ? extension.SubjectKeyIdentifierBytes.ToArray()
            : KeyIdentifierOf(SubjectPublicKeyInfo.GetInstance(Asn1Object.FromByteArray(issuer.PublicKey.ExportSubjectPublicKeyInfo())));

    /// <summary>A permitted domain says nothing about addresses, so all of them are excluded (RFC 5280 section 4.2.1.10).</summary>
    private static NameConstraints OnlyNamesBelow(string domain)
    {
        GeneralSubtree[] everyAddress =
        [
            new(new GeneralName(GeneralName.IPAddress, new DerOctetString(new byte[8]))),
            new(new GeneralName(GeneralName.IPAddress, new DerOctetString(new byte[32]))),
        ];
        return new NameConstraints(
            new GeneralSubtrees(new GeneralSubtree(new GeneralName(GeneralName.DnsName, domain))), new GeneralSubtrees(everyAddress));
    }
}
