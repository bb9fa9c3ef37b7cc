using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>
/// Throw-away P-256 certificates of one run: the same key type for every variant, so that handshakes and records cost the
/// same everywhere.
/// </summary>
internal sealed class Credentials
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private Credentials(string directory)
    {
        CaFile = Path.Combine(directory, "ca.pem");
        ServerCertificate = Path.Combine(directory, "server.pem");
        ServerKey = Path.Combine(directory, "server.key");
        ServerBundle = Path.Combine(directory, "server-bundle.pem");
        LinkCertificate = Path.Combine(directory, "link.pem");
        LinkKey = Path.Combine(directory, "link.key");
        LinkBundle = Path.Combine(directory, "link-bundle.pem");
    }

    public string CaFile { get; }

    public string ServerCertificate { get; }

    public string ServerKey { get; }

    /// <summary>Certificate and key in one file, as HAProxy reads them.</summary>
    public string ServerBundle { get; }

    /// <summary>The client certificate of outbound links that no product issued.</summary>
    public string LinkCertificate { get; }

    public string LinkKey { get; }

    /// <summary>Both in one file.</summary>
    public string LinkBundle { get; }

    public static Credentials Create(string directory, params string[] serverNames)
    {
        var credentials = new Credentials(directory);
        var now = TimeProvider.System.GetUtcNow();
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=Benchmark CA", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var ca = caRequest.CreateSelfSigned(now - TimeSpan.FromHours(1), now + Lifetime);
        File.WriteAllText(credentials.CaFile, ca.ExportCertificatePem());

        var (serverPem, serverKey) = Issue(ca, serverNames, "1.3.6.1.5.5.7.3.1");
        File.WriteAllText(credentials.ServerCertificate, serverPem);
        WritePrivate(credentials.ServerKey, serverKey);
        WritePrivate(credentials.ServerBundle, serverPem + "\n" + serverKey);

        var (linkPem, linkKey) = Issue(ca, ["link"], "1.3.6.1.5.5.7.3.2");
        File.WriteAllText(credentials.LinkCertificate, linkPem);
        WritePrivate(credentials.LinkKey, linkKey);
        WritePrivate(credentials.LinkBundle, linkPem + "\n" + linkKey);
        return credentials;
    }

    /// <summary>Writes a file that only its owner may read.</summary>
    public static void WritePrivate(string path, string content)
    {
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(stream);
        writer.Write(content);
    }

    private static (string Certificate, string Key) Issue(X509Certificate2 ca, string[] names, string purpose)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        Array.ForEach(names, alternatives.AddDnsName);
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        using var certificate = request.Create(ca, ca.NotBefore, ca.NotAfter, RandomNumberGenerator.GetBytes(16));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
