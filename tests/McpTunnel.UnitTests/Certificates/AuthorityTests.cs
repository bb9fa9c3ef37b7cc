using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Building;
using McpTunnel.Certificates.Keys;
using McpTunnel.Certificates.Requests;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using Org.BouncyCastle.Asn1.X509;
using Validity = McpTunnel.Certificates.Authorities.Validity;

namespace McpTunnel.UnitTests.Certificates;

public sealed class AuthorityTests
{
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";
    private const string Tunnel = "tnl_abcdefghijklmnop";

    private FakeTimeProvider _time = null!;

    [SetUp]
    public void SetClock() => _time = new FakeTimeProvider(new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero));

    [Test]
    public void A_link_certificate_names_the_tunnel_and_nothing_that_was_asked_for()
    {
        using var ca = TunnelCa.Create("tunnel.example.com", _time);
        using var key = PrivateKey.Create();
        using var issued = ca.IssueLinkCertificate(SigningRequest.Parse(SigningRequest.Create(key, "docs.acme.tunnel.example.com")), Tunnel);
        var certificate = issued.Certificate;

        Assert.Multiple(() =>
        {
            Assert.That(certificate.Subject, Is.EqualTo($"CN={Tunnel}"));
            Assert.That(LinkCertificateName.TunnelIdOf(certificate), Is.EqualTo(Tunnel));
            Assert.That(AlternativeNames(certificate)?.EnumerateDnsNames(), Is.Empty);
            Assert.That(Usages(certificate), Is.EqualTo([ClientAuth]));
            Assert.That(KeyUsages(certificate), Is.EqualTo(X509KeyUsageFlags.DigitalSignature));
            Assert.That(key.Matches(certificate), Is.True);
            Assert.That(issued.NotBefore, Is.EqualTo(_time.GetUtcNow().AddMinutes(-5)));
            Assert.That(issued.NotAfter - issued.NotBefore, Is.EqualTo(TimeSpan.FromDays(30)));
            Assert.That(issued.Fingerprint, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(certificate.RawData))));
            AssertProfile(certificate, ca.Certificate);
        });
        Assert.That(Chain(certificate, ca.Certificate, ClientAuth), Is.Empty);
        Assert.That(Chain(certificate, ca.Certificate, ServerAuth), Does.Contain(X509ChainStatusFlags.NotValidForUsage));
    }

    [Test]
    public void A_server_certificate_has_its_names_and_chains_to_its_authority()
    {
        using var ca = ServerCa.CreateForTunnel("Acme.Tunnel.Example.com", _time);
        using var issued = ca.IssueServerCertificate(["*.acme.tunnel.example.com", "Docs.acme.tunnel.example.com", "docs.acme.tunnel.example.com"]);
        var certificate = issued.Chain[0];

        Assert.Multiple(() =>
        {
            Assert.That(AlternativeNames(certificate)?.EnumerateDnsNames(), Is.EqualTo(["*.acme.tunnel.example.com", "docs.acme.tunnel.example.com"]));
            Assert.That(Usages(certificate), Is.EqualTo([ServerAuth]));
            Assert.That(KeyUsages(certificate), Is.EqualTo(X509KeyUsageFlags.DigitalSignature));
            Assert.That(issued.NotAfter, Is.EqualTo(_time.GetUtcNow().AddMinutes(-5).AddDays(90)));
            Assert.That(issued.Key.ToString(), Is.EqualTo("ECDSA 256"));
            AssertProfile(certificate, ca.Certificate);
        });
        Assert.That(Chain(certificate, ca.Certificate, ServerAuth), Is.Empty);
        Assert.That(Chain(certificate, ca.Certificate, ClientAuth), Does.Contain(X509ChainStatusFlags.NotValidForUsage));
    }

    [Test]
    public void A_server_authority_is_a_root_held_to_its_domain()
    {
        using var ca = ServerCa.CreateForTunnel("acme.tunnel.example.com", _time);
        var constraints = ca.Certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single();
        var names = ca.Certificate.Extensions["2.5.29.30"];

        Assert.Multiple(() =>
        {
            Assert.That(
                (constraints.Critical, constraints.CertificateAuthority, constraints.HasPathLengthConstraint, constraints.PathLengthConstraint),
                Is.EqualTo((true, true, true, 0)));
            Assert.That(KeyUsages(ca.Certificate), Is.EqualTo(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign));
            Assert.That(names?.Critical, Is.True);
            Assert.That(ca.Domain, Is.EqualTo("acme.tunnel.example.com"));
            Assert.That(ca.Certificate.Subject, Is.EqualTo(ca.Certificate.Issuer));
        });
    }

    [TestCase("docs.acme.tunnel.example.com", true)]
    [TestCase("docs.other.tunnel.example.com", false)]
    [TestCase("acme.tunnel.example.com.evil.example", false)]
    public void Peers_hold_a_server_authority_to_its_domain_even_when_its_key_signs_more(string name, bool accepted)
    {
        using var ca = ServerCa.CreateForTunnel("acme.tunnel.example.com", _time);
        using var caKey = PrivateKey.FromPem(ca.ExportKeyPem(), "the authority's key");
        using var key = PrivateKey.Create();
        using var forged = Forge(ca.Certificate, caKey, key, new GeneralName(GeneralName.DnsName, name));

        Assert.That(Chain(forged, ca.Certificate, ServerAuth), accepted ? Is.Empty : Is.Not.Empty);
    }

    [Test]
    public void Peers_refuse_an_address_below_a_server_authority()
    {
        using var ca = ServerCa.CreateForTunnel("acme.tunnel.example.com", _time);
        using var caKey = PrivateKey.FromPem(ca.ExportKeyPem(), "the authority's key");
        using var key = PrivateKey.Create();
        using var forged = Forge(ca.Certificate, caKey, key, new GeneralName(GeneralName.IPAddress, "192.0.2.1"));

        Assert.That(Chain(forged, ca.Certificate, ServerAuth), Is.Not.Empty);
    }

    [TestCase("other.example.com")]
    [TestCase("xacme.tunnel.example.com")]
    [TestCase("tunnel.example.com")]
    [TestCase("*.com")]
    [TestCase("docs_1.acme.tunnel.example.com")]
    [TestCase("do*s.acme.tunnel.example.com")]
    [TestCase("*.*.acme.tunnel.example.com")]
    [TestCase("")]
    public void IssueServerCertificate_refuses_a_name_that_is_not_below_the_domain(string name)
    {
        using var ca = ServerCa.CreateForTunnel("acme.tunnel.example.com", _time);

        Assert.That(
            () => ca.IssueServerCertificate([name]),
            Throws.InstanceOf<CertificateException>().With.Property(nameof(CertificateException.Fault)).EqualTo(CertificateFault.NameNotAllowed));
    }

    [TestCase(1, true)]
    [TestCase(100, true)]
    [TestCase(0, false)]
    [TestCase(101, false)]
    public void IssueServerCertificate_bounds_the_names(int count, bool allowed)
    {
        using var ca = ServerCa.CreateForTunnel("a.example", _time);
        var names = Enumerable.Range(0, count).Select(i => $"s{i}.a.example").ToList();

        Assert.That(() => ca.IssueServerCertificate(names).Dispose(), allowed ? Throws.Nothing : Throws.InstanceOf<CertificateException>());
    }

    [TestCase(398, true)]
    [TestCase(399, false)]
    public void IssueServerCertificate_bounds_the_validity(int days, bool allowed)
    {
        using var ca = ServerCa.CreateForTunnel("a.example", _time);

        Assert.That(
            () => ca.IssueServerCertificate(["a.example"], TimeSpan.FromDays(days)).Dispose(),
            allowed ? Throws.Nothing : Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_certificate_never_outlives_its_authority_and_an_ended_authority_issues_nothing()
    {
        using var ca = ServerCa.CreateForTunnel("a.example", _time);
        _time.Advance(Validity.Authority - TimeSpan.FromDays(10));
        using (var issued = ca.IssueServerCertificate(["a.example"]))
        {
            Assert.That(issued.NotAfter, Is.EqualTo(new DateTimeOffset(ca.Certificate.NotAfter.ToUniversalTime())));
        }

        _time.Advance(TimeSpan.FromDays(10));

        Assert.That(
            () => ca.IssueServerCertificate(["a.example"]),
            Throws.InstanceOf<CertificateException>().With.Property(nameof(CertificateException.Fault)).EqualTo(CertificateFault.Expired));
    }

    [Test]
    public void Serial_numbers_are_positive_large_and_never_the_same()
    {
        using var ca = ServerCa.CreateForTunnel("a.example", _time);
        var serials = new List<string>();
        for (var i = 0; i < 64; i++)
        {
            using var issued = ca.IssueServerCertificate(["a.example"]);
            serials.Add(issued.Chain[0].SerialNumber);
        }

        Assert.Multiple(() =>
        {
            Assert.That(serials, Is.Unique);
            Assert.That(serials.Max(serial => serial.Length), Is.EqualTo(32), "127 bits are 32 digits.");
            Assert.That(serials, Has.All.Length.LessThanOrEqualTo(32));
            Assert.That(serials.Where(serial => serial.Length == 32).Select(serial => serial[0]), Has.All.LessThan('8'), "The sign bit is clear.");
        });
    }

    private static X509Certificate2 Forge(X509Certificate2 issuer, PrivateKey issuerKey, PrivateKey key, GeneralName name) =>
        CertificateBuilder.Build(
            new CertificateTemplate
            {
                CommonName = "forged",
                PublicKey = key.ExportPublicKey(),
                NotBefore = issuer.NotBefore,
                NotAfter = issuer.NotBefore.AddDays(30),
                Names = [name],
                Purpose = KeyPurposeID.id_kp_serverAuth,
            },
            issuer,
            issuerKey);

    private static void AssertProfile(X509Certificate2 certificate, X509Certificate2 issuer)
    {
        var constraints = certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single();
        var authorityKey = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().Single();
        var issuerKey = issuer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single();
        Assert.That((constraints.Critical, constraints.CertificateAuthority), Is.EqualTo((true, false)));
        Assert.That(authorityKey.KeyIdentifier?.ToArray(), Is.EqualTo(issuerKey.SubjectKeyIdentifierBytes.ToArray()));
        Assert.That(certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes.Length, Is.EqualTo(20));
        Assert.That(certificate.Issuer, Is.EqualTo(issuer.Subject));
        Assert.That(certificate.SignatureAlgorithm.FriendlyName, Is.EqualTo("sha256ECDSA"));
    }

    private List<X509ChainStatusFlags> Chain(X509Certificate2 certificate, X509Certificate2 root, string purpose)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(purpose));
        chain.ChainPolicy.VerificationTime = _time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        return chain.Build(certificate) ? [] : [.. chain.ChainStatus.Select(status => status.Status)];
    }

    private static X509SubjectAlternativeNameExtension? AlternativeNames(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SingleOrDefault();

    private static IEnumerable<string?> Usages(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(oid => oid.Value);

    private static X509KeyUsageFlags KeyUsages(X509Certificate2 certificate)
    {
        var extension = certificate.Extensions.OfType<X509KeyUsageExtension>().Single();
        Assert.That(extension.Critical, Is.True);
        return extension.KeyUsages;
    }
}
