using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Keys;

namespace McpTunnel.Certificates.Authorities;

/// <summary>A certificate chain and the private key of its first certificate.</summary>
public sealed class KeyedCertificate : IDisposable
{
    /// <param name="chain">End-entity certificate first, then its issuers. Owned by this object from now on.</param>
    /// <param name="key">The key of the first certificate. Owned by this object from now on.</param>
    public KeyedCertificate(IReadOnlyList<X509Certificate2> chain, PrivateKey key)
    {
        ArgumentOutOfRangeException.ThrowIfZero(chain.Count);
        Chain = chain;
        Key = key;
    }

    /// <summary>End-entity certificate first, without its key.</summary>
    public IReadOnlyList<X509Certificate2> Chain { get; }

    public PrivateKey Key { get; }

    /// <summary>The chain in PEM form, end-entity certificate first.</summary>
    public string ChainPem => string.Concat(Chain.Select(certificate => certificate.ExportCertificatePem() + "\n"));

    public DateTimeOffset NotAfter => new(Chain[0].NotAfter.ToUniversalTime());

    /// <summary>Reads a chain and its key from two PEM files and checks that they are one.</summary>
    /// <param name="certificatePath">The chain, end-entity certificate first.</param>
    /// <param name="keyPath">The key.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="keyProtection">What the key file's permissions must be.</param>
    /// <exception cref="CertificateException">A file is missing, loose, damaged, or the two do not belong together.</exception>
    public static async Task<KeyedCertificate> LoadAsync(
        string certificatePath, string keyPath, CancellationToken cancellationToken, FileProtection keyProtection = FileProtection.OwnerOnly)
    {
        var chain = await CertificateFile.ReadChainAsync(certificatePath, cancellationToken);
        PrivateKey? key = null;
        try
        {
            key = await PrivateKey.LoadAsync(keyPath, cancellationToken, keyProtection);
            if (!key.Matches(chain[0]))
            {
                throw new CertificateException(
                    CertificateFault.KeyMismatch, $"The key in {keyPath} does not belong to the first certificate in {certificatePath}. Write both files of one issue; the end-entity certificate comes first.");
            }

            return new KeyedCertificate(chain, key);
        }
        catch
        {
            key?.Dispose();
            foreach (var certificate in chain)
            {
                certificate.Dispose();
            }

            throw;
        }
    }

    /// <summary>The end-entity certificate with its key, for a TLS client or server. The caller owns it.</summary>
    public X509Certificate2 ToCertificate() => Key.AttachTo(Chain[0]);

    /// <summary>
    /// What <c>SslStream</c> and Kestrel serve: built once, without any network access, so that a handshake only uses it.
    /// </summary>
    public SslStreamCertificateContext ToCertificateContext() =>
        SslStreamCertificateContext.Create(ToCertificate(), [.. Chain.Skip(1)], offline: true);

    public void Dispose()
    {
        Key.Dispose();
        foreach (var certificate in Chain)
        {
            certificate.Dispose();
        }
    }
}
