using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Building;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Keys;
using Org.BouncyCastle.Asn1.X509;

namespace McpTunnel.Certificates.Authorities;

/// <summary>A certificate authority that this process may sign with. Its kinds say what it signs. Thread-safe.</summary>
public abstract class CertificateAuthority : IDisposable
{
    private readonly Lock _signing = new();
    private readonly PrivateKey _key;
    private readonly TimeProvider _timeProvider;

    private protected CertificateAuthority(X509Certificate2 certificate, PrivateKey key, TimeProvider timeProvider)
    {
        Certificate = certificate;
        _key = key;
        _timeProvider = timeProvider;
    }

    /// <summary>The authority's own certificate, without its key. Owned by this object.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The authority's certificate in PEM form: public, to be handed to whoever must trust it.</summary>
    public string CertificatePem => Certificate.ExportCertificatePem() + "\n";

    /// <summary>The authority's key in PEM form, for its file.</summary>
    public string ExportKeyPem() => _key.ExportPem();

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes a self-signed authority: critical basic constraints with path length 0, keyCertSign and cRLSign.</summary>
    private protected static (X509Certificate2 Certificate, PrivateKey Key) MakeRoot(
        string commonName, KeyPurposeID purpose, string? permittedDomain, TimeProvider timeProvider)
    {
        var key = PrivateKey.Create();
        var now = timeProvider.GetUtcNow();
        var template = new CertificateTemplate
        {
            CommonName = commonName,
            PublicKey = key.ExportPublicKey(),
            NotBefore = now - Validity.Backdate,
            NotAfter = now + Validity.Authority,
            IsAuthority = true,
            Purpose = purpose,
            PermittedDomain = permittedDomain,
        };
        return (CertificateBuilder.Build(template, issuer: null, key), key);
    }

    /// <summary>Reads an authority's certificate and key and checks that they are one.</summary>
    private protected static async Task<(X509Certificate2 Certificate, PrivateKey Key)> ReadAsync(
        string certificatePath, string keyPath, CancellationToken cancellationToken)
    {
        var chain = await CertificateFile.ReadChainAsync(certificatePath, cancellationToken);
        var certificate = chain[0];
        PrivateKey? key = null;
        try
        {
            if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is not { CertificateAuthority: true })
            {
                throw new CertificateException(CertificateFault.WrongUsage, $"{certificatePath} is not the certificate of an authority (basic constraints say so).");
            }

            key = await PrivateKey.LoadAsync(keyPath, cancellationToken);
            if (!key.Matches(certificate))
            {
                throw new CertificateException(
                    CertificateFault.KeyMismatch, $"The key in {keyPath} does not belong to the certificate in {certificatePath}. Restore the pair from one backup.");
            }

            return (certificate, key);
        }
        catch
        {
            key?.Dispose();
            certificate.Dispose();
            throw;
        }
    }

    /// <summary>Signs an end-entity certificate that ends when asked, or with the authority itself.</summary>
    /// <exception cref="CertificateException">The authority has expired, or the key asked for is not accepted.</exception>
    private protected IssuedCertificate Issue(
        string commonName, byte[] publicKey, IReadOnlyList<GeneralName> names, KeyPurposeID purpose, TimeSpan validity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(validity, Validity.Shortest);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(validity, Validity.LongestLeaf);
        if (KeyRules.Judge(publicKey) is { } fault)
        {
            throw new CertificateException(fault, $"The key is not accepted. {KeyRules.Accepted}");
        }

        var now = _timeProvider.GetUtcNow();
        var authorityEnds = new DateTimeOffset(Certificate.NotAfter.ToUniversalTime());
        if (authorityEnds - now < Validity.Shortest)
        {
            throw new CertificateException(
                CertificateFault.Expired, $"The authority {Certificate.Subject} ends {authorityEnds:u} and issues nothing any more. Make a new one and give its certificate to those who trust the old one.");
        }

        var notBefore = now - Validity.Backdate;
        var notAfter = notBefore + validity;
        var template = new CertificateTemplate
        {
            CommonName = commonName,
            PublicKey = publicKey,
            NotBefore = notBefore,
            NotAfter = notAfter < authorityEnds ? notAfter : authorityEnds,
            Names = names,
            Purpose = purpose,
        };
        lock (_signing)
        {
            return new IssuedCertificate(CertificateBuilder.Build(template, Certificate, _key));
        }
    }
}
