using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Inspection;
using McpTunnel.Certificates.Requests;
using McpTunnel.Certificates.Verification;
using McpTunnel.TestKit;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Certificates;

/// <summary>The published samples are what the product makes, and hold no key.</summary>
public sealed class SampleTests
{
    private static readonly string Folder = Repository.PathOf("certs-sample");

    private static IEnumerable<string> Samples =>
        Directory.EnumerateFiles(Folder).Select(file => Path.GetFileName(file)).Where(file => file != "README.md").Order(StringComparer.Ordinal);

    [Test]
    public void There_is_no_private_key_among_the_samples()
    {
        Assert.That(Samples, Is.EqualTo(["edge-ca.pem", "edge.pem", "link.csr", "link.pem", "server-ca.pem", "server.pem", "tunnel-ca.pem"]));
        Assert.That(Directory.EnumerateFiles(Folder).Where(file => File.ReadAllText(file).Contains("PRIVATE KEY", StringComparison.Ordinal)), Is.Empty);
    }

    [TestCase("edge.pem", "edge-ca.pem")]
    [TestCase("server.pem", "server-ca.pem")]
    [TestCase("link.pem", "tunnel-ca.pem")]
    public void Each_sample_is_good_in_its_time_and_issued_by_its_authority(string file, string authority)
    {
        var chain = Read(file).Concat(Read(authority)).DistinctBy(certificate => certificate.Thumbprint).ToList();

        var description = CertificateDescription.Of(chain, chain[0].NotBefore.ToUniversalTime().AddHours(1));

        Assert.That(description.Problems, Is.Empty);
        Assert.That(description.Issuer, Is.EqualTo(chain[1].Subject));
    }

    [Test]
    public void The_sample_of_a_link_certificate_names_its_tunnel_and_has_the_key_of_the_sample_request()
    {
        var link = Read("link.pem")[0];
        using var verifier = new LinkCertificateVerifier(Read("tunnel-ca.pem"), new FakeTimeProvider(link.NotBefore.ToUniversalTime().AddHours(1)));

        Assert.That(verifier.Verify(link).TunnelId, Is.EqualTo(LinkCertificateName.TunnelIdOf(link)).And.StartsWith("tnl_"));
        Assert.That(
            SigningRequest.Parse(File.ReadAllText(Path.Combine(Folder, "link.csr"))).PublicKey, Is.EqualTo(link.PublicKey.ExportSubjectPublicKeyInfo()));
    }

    private static IReadOnlyList<X509Certificate2> Read(string file) =>
        CertificateFile.ParseChain(File.ReadAllText(Path.Combine(Folder, file)), file);
}
