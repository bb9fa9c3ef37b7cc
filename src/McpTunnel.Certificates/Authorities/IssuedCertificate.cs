using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.Certificates.Authorities;

/// <summary>A certificate that an authority of this process has just signed, without a key.</summary>
public sealed class IssuedCertificate : IDisposable
{
    internal IssuedCertificate(X509Certificate2 certificate) => Certificate = certificate;

    /// <summary>The certificate. Owned by this object.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The certificate in PEM form.</summary>
    public string Pem => Certificate.ExportCertificatePem() + "\n";

    /// <summary>The serial number in lower-case hexadecimal digits.</summary>
    public string Serial => Certificate.SerialNumber.ToLowerInvariant();

    /// <summary>SHA-256 of the DER form, lower-case hexadecimal.</summary>
    public string Fingerprint => Certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    public DateTimeOffset NotBefore => new(Certificate.NotBefore.ToUniversalTime());

    public DateTimeOffset NotAfter => new(Certificate.NotAfter.ToUniversalTime());

    public void Dispose() => Certificate.Dispose();
}
