using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Inspection;
using McpTunnel.Certificates.Keys;
using McpTunnel.Certificates.Requests;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace McpTunnel.UnitTests.Certificates;

public sealed class CertificateDescriptionTests
{
    private FakeTimeProvider _time = null!;

    [SetUp]
    public void SetClock() => _time = new FakeTimeProvider(new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero));

    [Test]
    public void Of_describes_a_server_certificate_and_its_authority()
    {
        using var ca = ServerCa.CreateForTunnel("acme.tunnel.example.com", _time);
        using var issued = ca.IssueServerCertificate(["*.acme.tunnel.example.com"]);

        var description = CertificateDescription.Of([issued.Chain[0], ca.Certificate], _time.GetUtcNow());

        Assert.Multiple(() =>
        {
            Assert.That(description.DnsNames, Is.EqualTo(["*.acme.tunnel.example.com"]));
            Assert.That(description.ExtendedKeyUsages, Is.EqualTo(["serverAuth"]));
            Assert.That(description.Key, Is.EqualTo("ECDSA P-256"));
            Assert.That(description.IsAuthority, Is.False);
            Assert.That(description.NotAfter, Is.EqualTo(issued.NotAfter));
            Assert.That(description.Fingerprint, Is.EqualTo(issued.Chain[0].GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant()));
            Assert.That(description.KeyFingerprint, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(issued.Key.ExportPublicKey()))));
            Assert.That(description.Problems, Is.Empty);
            Assert.That(description.Chain.Single().IsAuthority, Is.True);
            Assert.That(description.Chain.Single().PermittedDomain, Is.EqualTo("acme.tunnel.example.com"));
        });
    }

    [Test]
    public void Of_describes_a_link_certificate_by_its_tunnel()
    {
        using var ca = TunnelCa.Create("tunnel.example.com", _time);
        using var key = PrivateKey.Create();
        using var issued = ca.IssueLinkCertificate(SigningRequest.Parse(SigningRequest.Create(key, "x")), "tnl_abcdefghijklmnop");

        var description = CertificateDescription.Of([issued.Certificate], _time.GetUtcNow());

        Assert.That(description.Uris, Is.EqualTo(["urn:mcptunnel:tunnel:tnl_abcdefghijklmnop"]));
        Assert.That(description.ExtendedKeyUsages, Is.EqualTo(["clientAuth"]));
    }

    [Test]
    public void Of_finds_everything_that_makes_peers_refuse_a_certificate()
    {
        using var bad = MakeBad(_time.GetUtcNow().UtcDateTime);
        using var ca = ServerCa.CreateForTunnel("a.example", _time);

        var faults = CertificateDescription.Of([bad, ca.Certificate], _time.GetUtcNow()).Problems.Select(problem => problem.Fault);

        Assert.That(faults, Is.EquivalentTo(
        [
            CertificateFault.Expired, CertificateFault.KeyTooWeak, CertificateFault.SignatureInvalid, CertificateFault.NameNotAllowed,
            CertificateFault.WrongUsage, CertificateFault.NotTrusted,
        ]));
    }

    [Test]
    public void Of_sees_a_certificate_that_is_not_yet_valid()
    {
        using var ca = ServerCa.CreateForTunnel("a.example", _time);
        using var issued = ca.IssueServerCertificate(["a.example"]);

        var problems = CertificateDescription.Of(issued.Chain, _time.GetUtcNow().AddDays(-1)).Problems;

        Assert.That(problems.Select(problem => problem.Fault), Is.EqualTo([CertificateFault.NotYetValid]));
    }

    /// <summary>RSA 1024, SHA-1, 499 days, ended yesterday, no alternative name.</summary>
    private static X509Certificate2 MakeBad(DateTime now)
    {
        using var rsa = RSA.Create(1024);
        var pair = DotNetUtilities.GetRsaKeyPair(rsa);
        var generator = new X509V3CertificateGenerator();
        generator.SetSerialNumber(BigInteger.One);
        generator.SetIssuerDN(new X509Name("CN=bad"));
        generator.SetSubjectDN(new X509Name("CN=bad"));
        generator.SetNotBefore(now.AddDays(-500));
        generator.SetNotAfter(now.AddDays(-1));
        generator.SetPublicKey(pair.Public);
        return X509CertificateLoader.LoadCertificate(generator.Generate(new Asn1SignatureFactory("SHA1WITHRSA", pair.Private)).GetEncoded());
    }
}
