using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Files;

namespace McpTunnel.Certificates.Keys;

/// <summary>
/// A private key in this process: ECDSA (P-256, P-384) or RSA. Made and used by the platform's cryptography. Not thread-safe.
/// </summary>
public sealed class PrivateKey : IDisposable
{
    private readonly AsymmetricAlgorithm _algorithm;

    private PrivateKey(AsymmetricAlgorithm algorithm) => _algorithm = algorithm;

    /// <summary>The platform's object, for signing.</summary>
    internal AsymmetricAlgorithm Algorithm => _algorithm;

    /// <summary>A new ECDSA P-256 key: what every current TLS stack takes, at a fraction of RSA's cost per handshake.</summary>
    public static PrivateKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Takes a key from PEM text: PKCS #8, SEC 1 (<c>EC PRIVATE KEY</c>) or PKCS #1 (<c>RSA PRIVATE KEY</c>), not encrypted.</summary>
    /// <param name="pem">The text.</param>
    /// <param name="what">Names the text in messages, usually its path.</param>
    /// <exception cref="CertificateException">Malformed, encrypted, or of a type or size that is not accepted.</exception>
    public static PrivateKey FromPem(string pem, string what)
    {
        foreach (var block in PemText.Parse(pem, what))
        {
            try
            {
                switch (block.Label)
                {
                    case PemBlock.PrivateKey:
                        return Accept(FromPkcs8(block.Data), what);
                    case PemBlock.EcPrivateKey:
                        return Accept(Import(ECDsa.Create(), key => key.ImportECPrivateKey(block.Data, out _)), what);
                    case PemBlock.RsaPrivateKey:
                        return Accept(Import(RSA.Create(), key => key.ImportRSAPrivateKey(block.Data, out _)), what);
                    case PemBlock.EncryptedPrivateKey:
                        throw new CertificateException(
                            CertificateFault.KeyNotAccepted, $"The key in {what} is encrypted. Store it unencrypted with mode 0600: openssl pkey -in {ShellText.Quote(what)} -out NEW");
                }
            }
            catch (Exception exception) when (exception is CryptographicException or ArgumentException)
            {
                throw new CertificateException(CertificateFault.Malformed, $"The key in {what} cannot be read; it is damaged or of an unknown type.", exception);
            }
        }

        throw new CertificateException(CertificateFault.Malformed, $"{what} holds no private key in PEM form (-----BEGIN PRIVATE KEY-----).");
    }

    /// <summary>Reads a key file.</summary>
    /// <exception cref="CertificateException">As <see cref="GuardedFile.ReadAsync"/> and <see cref="FromPem"/>.</exception>
    public static async Task<PrivateKey> LoadAsync(
        string path, CancellationToken cancellationToken, FileProtection protection = FileProtection.OwnerOnly) =>
        FromPem(await GuardedFile.ReadTextAsync(path, FileLimits.PemBytes, protection, cancellationToken), path);

    /// <summary>PKCS #8, unencrypted. For a file with mode 0600 and nothing else.</summary>
    public string ExportPem() => _algorithm.ExportPkcs8PrivateKeyPem() + "\n";

    /// <summary>The public half as DER SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).</summary>
    public byte[] ExportPublicKey() => _algorithm.ExportSubjectPublicKeyInfo();

    /// <summary>Whether this is the key of the certificate.</summary>
    public bool Matches(X509Certificate2 certificate) =>
        ExportPublicKey().AsSpan().SequenceEqual(certificate.PublicKey.ExportSubjectPublicKeyInfo());

    /// <summary>The certificate with this key, ready for <c>SslStream</c> on every platform. The caller owns the result.</summary>
    /// <exception cref="CertificateException">The key is not the certificate's.</exception>
    public X509Certificate2 AttachTo(X509Certificate2 certificate)
    {
        if (!Matches(certificate))
        {
            throw new CertificateException(CertificateFault.KeyMismatch, $"The private key does not belong to the certificate of {certificate.Subject}.");
        }

        var attached = _algorithm is ECDsa ecdsa ? certificate.CopyWithPrivateKey(ecdsa) : certificate.CopyWithPrivateKey((RSA)_algorithm);
        if (!OperatingSystem.IsWindows())
        {
            return attached;
        }

        // SChannel does not take ephemeral keys; a PKCS #12 round trip gives the key a container.
        using (attached)
        {
            return X509CertificateLoader.LoadPkcs12(attached.Export(X509ContentType.Pkcs12), null);
        }
    }

    /// <summary>The type and size, never the key.</summary>
    public override string ToString() => $"{(_algorithm is ECDsa ? "ECDSA" : "RSA")} {_algorithm.KeySize}";

    public void Dispose() => _algorithm.Dispose();

    private static AsymmetricAlgorithm FromPkcs8(byte[] data)
    {
        try
        {
            return Import(ECDsa.Create(), key => key.ImportPkcs8PrivateKey(data, out _));
        }
        catch (CryptographicException)
        {
            return Import(RSA.Create(), key => key.ImportPkcs8PrivateKey(data, out _));
        }
    }

    private static T Import<T>(T key, Action<T> import)
        where T : AsymmetricAlgorithm
    {
        try
        {
            import(key);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static PrivateKey Accept(AsymmetricAlgorithm algorithm, string what)
    {
        var fault = KeyRules.Judge(algorithm.ExportSubjectPublicKeyInfo());
        if (fault is null)
        {
            return new PrivateKey(algorithm);
        }

        algorithm.Dispose();
        throw new CertificateException(fault.Value, $"The key in {what} is not accepted. {KeyRules.Accepted}");
    }
}
