using McpTunnel.Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Keys;
using McpTunnel.Certificates.Requests;
using McpTunnel.Certificates.Verification;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Certificates;

public sealed class LinkCertificateVerifierTests
{
    private const string Tunnel = "tnl_abcdefghijklmnop";

    private FakeTimeProvider _time = null!;
    private TunnelCa _ca = null!;
    private LinkCertificateVerifier _verifier = null!;

    [SetUp]
    public void Make()
    {
        _time = new FakeTimeProvider(new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero));
        _ca = TunnelCa.Create("tunnel.example.com", _time);
        _verifier = new LinkCertificateVerifier([_ca.Certificate], _time);
    }

    [TearDown]
    public void Dispose()
    {
        _verifier.Dispose();
        _ca.Dispose();
    }

    [Test]
    public void Verify_names_the_tunnel_of_a_good_certificate()
    {
        using var issued = Issue(_ca);

        Assert.That(_verifier.Verify(issued.Certificate), Is.EqualTo(new LinkCertificateVerdict(Tunnel, null, "")));
    }

    [Test]
    public void Verify_refuses_a_second_after_the_end_and_not_a_second_before()
    {
        using var issued = Issue(_ca);

        _time.SetUtcNow(issued.NotAfter.AddSeconds(-1));
        Assert.That(_verifier.Verify(issued.Certificate).Fault, Is.Null);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.That(_verifier.Verify(issued.Certificate).Fault, Is.EqualTo(CertificateFault.Expired));
    }

    [Test]
    public void Verify_refuses_a_certificate_of_another_authority_also_of_the_same_name()
    {
        using var stranger = TunnelCa.Create("tunnel.example.com", _time);
        using var issued = Issue(stranger);

        Assert.That(_verifier.Verify(issued.Certificate).Fault, Is.EqualTo(CertificateFault.NotTrusted));

        _time.Advance(TimeSpan.FromDays(31));
        Assert.That(_verifier.Verify(issued.Certificate).Fault, Is.EqualTo(CertificateFault.NotTrusted), "A stranger's expired certificate is a stranger's.");
    }

    [Test]
    public void Verify_refuses_a_server_certificate_even_of_an_authority_that_is_trusted()
    {
        using var serverCa = ServerCa.CreateForTunnel("acme.tunnel.example.com", _time);
        using var issued = serverCa.IssueServerCertificate(["acme.tunnel.example.com"]);
        using var verifier = new LinkCertificateVerifier([serverCa.Certificate], _time);

        Assert.That(verifier.Verify(issued.Chain[0]).Fault, Is.EqualTo(CertificateFault.WrongUsage));
    }

    [Test]
    public void Verify_refuses_the_authority_itself() => Assert.That(_verifier.Verify(_ca.Certificate).TunnelId, Is.Null);

    [Test]
    public void Verify_accepts_certificates_of_each_of_several_authorities()
    {
        using var second = TunnelCa.Create("tunnel.example.com", _time);
        using var verifier = new LinkCertificateVerifier([_ca.Certificate, second.Certificate], _time);
        using var ofFirst = Issue(_ca);
        using var ofSecond = Issue(second);

        Assert.That(verifier.Verify(ofFirst.Certificate).TunnelId, Is.EqualTo(Tunnel));
        Assert.That(verifier.Verify(ofSecond.Certificate).TunnelId, Is.EqualTo(Tunnel));
    }

    private static IssuedCertificate Issue(TunnelCa ca)
    {
        using var key = PrivateKey.Create();
        return ca.IssueLinkCertificate(SigningRequest.Parse(SigningRequest.Create(key, "x")), Tunnel);
    }
}
