using System.Net.Security;
using System.Security.Cryptography;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Inspection;
using McpTunnel.Certificates.Keys;

namespace McpTunnel.Certificates.Live;

/// <summary>A certificate that passed every check and is ready to be served.</summary>
internal sealed record LoadedCertificate(SslStreamCertificateContext Context, CertificateDescription Description, byte[] Digest)
{
    /// <exception cref="CertificateException">Damaged, mismatched, outside its validity, or not for servers.</exception>
    public static LoadedCertificate From(PemPair content, CertificateSourceOptions options, DateTimeOffset now)
    {
        var chain = CertificateFile.ParseChain(content.Certificate, options.CertificateFile);
        using var pair = new KeyedCertificate(chain, PrivateKey.FromPem(content.Key, options.KeyFile));
        if (!pair.Key.Matches(chain[0]))
        {
            throw new CertificateException(
                CertificateFault.KeyMismatch, $"The key in {options.KeyFile} does not belong to the first certificate in {options.CertificateFile}. Write both files of one issue; the end-entity certificate comes first.");
        }

        var description = CertificateDescription.Of(chain, now);
        if (description.Problems.FirstOrDefault(problem => problem.Fault is CertificateFault.Expired or CertificateFault.NotYetValid) is { } problem)
        {
            throw new CertificateException(problem.Fault, $"{options.CertificateFile}: {problem.Text}");
        }

        try
        {
            return new LoadedCertificate(pair.ToCertificateContext(), description, content.Digest);
        }
        catch (CryptographicException exception)
        {
            throw new CertificateException(CertificateFault.Malformed, $"The platform's TLS does not take the certificate in {options.CertificateFile}: {exception.Message}", exception);
        }
    }
}
