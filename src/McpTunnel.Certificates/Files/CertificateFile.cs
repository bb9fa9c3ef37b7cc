using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.Certificates.Files;

/// <summary>Certificates in PEM files.</summary>
public static class CertificateFile
{
    /// <summary>Reads the certificates of a file in their order. The caller owns them.</summary>
    /// <exception cref="CertificateException">As <see cref="GuardedFile.ReadAsync"/>, or no certificate, too many, or a damaged one.</exception>
    public static async Task<IReadOnlyList<X509Certificate2>> ReadChainAsync(string path, CancellationToken cancellationToken) =>
        ParseChain(await GuardedFile.ReadTextAsync(path, FileLimits.PemBytes, FileProtection.Public, cancellationToken), path);

    /// <summary>The certificates of a PEM text in their order. The caller owns them.</summary>
    /// <param name="pem">The text; blocks other than certificates are passed over.</param>
    /// <param name="what">Names the text in messages, usually its path.</param>
    /// <exception cref="CertificateException">No certificate, too many, or a damaged one.</exception>
    public static IReadOnlyList<X509Certificate2> ParseChain(string pem, string what)
    {
        var blocks = PemText.Parse(pem, what).Where(block => block.Label == PemBlock.Certificate).ToList();
        if (blocks.Count == 0)
        {
            throw new CertificateException(CertificateFault.Malformed, $"{what} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).");
        }

        if (blocks.Count > FileLimits.ChainCertificates)
        {
            throw new CertificateException(
                CertificateFault.TooLarge, $"{what} holds {blocks.Count} certificates, more than {FileLimits.ChainCertificates}. Leave only the chain in it, end-entity certificate first.");
        }

        var chain = new List<X509Certificate2>(blocks.Count);
        try
        {
            foreach (var block in blocks)
            {
                chain.Add(X509CertificateLoader.LoadCertificate(block.Data));
            }

            return chain;
        }
        catch (CryptographicException exception)
        {
            chain.ForEach(certificate => certificate.Dispose());
            throw new CertificateException(CertificateFault.Malformed, $"Certificate {chain.Count + 1} in {what} is damaged.", exception);
        }
    }
}
