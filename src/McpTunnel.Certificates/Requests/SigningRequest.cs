using McpTunnel.Certificates.Building;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Keys;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;

namespace McpTunnel.Certificates.Requests;

/// <summary>
/// A certificate signing request (PKCS #10, RFC 2986) whose signature has been verified. Of what it asks for, only the key counts:
/// names and purposes are the issuer's to decide.
/// </summary>
public sealed class SigningRequest
{
    /// <summary>A request for a 8192-bit RSA key with a few extensions is below 4 KiB; 16 KiB is generous.</summary>
    public const int MaxPemLength = 16 * 1024;

    private static readonly HashSet<DerObjectIdentifier> AcceptedSignatures =
    [
        X9ObjectIdentifiers.ECDsaWithSha256,
        X9ObjectIdentifiers.ECDsaWithSha384,
        X9ObjectIdentifiers.ECDsaWithSha512,
        PkcsObjectIdentifiers.Sha256WithRsaEncryption,
        PkcsObjectIdentifiers.Sha384WithRsaEncryption,
        PkcsObjectIdentifiers.Sha512WithRsaEncryption,
    ];

    private SigningRequest(byte[] publicKey) => PublicKey = publicKey;

    /// <summary>The key to be certified: DER SubjectPublicKeyInfo, of an accepted type and size.</summary>
    public byte[] PublicKey { get; }

    /// <summary>Makes a request for a key of this process, in PEM form.</summary>
    public static string Create(PrivateKey key, string commonName)
    {
        var request = new Pkcs10CertificationRequest(
            new PlatformSignatureFactory(key),
            new X509Name([X509Name.CN], [commonName]),
            SubjectPublicKeyInfo.GetInstance(Asn1Object.FromByteArray(key.ExportPublicKey())),
            new DerSet());
        return System.Security.Cryptography.PemEncoding.WriteString(PemBlock.CertificateRequest, request.GetEncoded()) + "\n";
    }

    /// <summary>Reads a request from another machine. Bounded work, whatever the input.</summary>
    /// <exception cref="CertificateException">Too large, malformed, a key that is not accepted, or a signature that does not verify.</exception>
    public static SigningRequest Parse(string pem)
    {
        if (pem.Length > MaxPemLength)
        {
            throw new CertificateException(CertificateFault.TooLarge, $"The signing request is longer than {MaxPemLength} characters.");
        }

        var blocks = PemText.Parse(pem, "The signing request");
        if (blocks is not [{ Label: PemBlock.CertificateRequest or PemBlock.NewCertificateRequest } block])
        {
            throw Malformed(null);
        }

        try
        {
            return Verified(new Pkcs10CertificationRequest(block.Data));
        }
        catch (Exception exception) when (exception is not CertificateException and not OutOfMemoryException)
        {
            // The parser reports damage by exceptions of many types; none of them is ours to tell apart.
            throw Malformed(exception);
        }
    }

    private static SigningRequest Verified(Pkcs10CertificationRequest request)
    {
        var publicKey = request.GetCertificationRequestInfo().SubjectPublicKeyInfo.GetDerEncoded();
        if (KeyRules.Judge(publicKey) is { } fault)
        {
            throw new CertificateException(fault, $"The key of the signing request is not accepted. {KeyRules.Accepted}");
        }

        if (!AcceptedSignatures.Contains(request.SignatureAlgorithm.Algorithm))
        {
            throw new CertificateException(
                CertificateFault.SignatureInvalid, "The signing request is signed with an algorithm that is not accepted. Sign it with SHA-256 or better.");
        }

        bool verified;
        try
        {
            verified = request.Verify();
        }
        catch (Exception exception) when (exception is GeneralSecurityException or IOException or ArgumentException or InvalidOperationException)
        {
            throw new CertificateException(CertificateFault.SignatureInvalid, "The signature of the signing request cannot be checked.", exception);
        }

        return verified
            ? new SigningRequest(publicKey)
            : throw new CertificateException(
                CertificateFault.SignatureInvalid, "The signature of the signing request does not verify: it was not made with the key in it, or was changed on the way.");
    }

    private static CertificateException Malformed(Exception? exception) =>
        new(CertificateFault.Malformed, "The signing request is not one PKCS #10 request in PEM form (-----BEGIN CERTIFICATE REQUEST-----).", exception);
}
