using McpTunnel.Certificates;
using McpTunnel.Certificates.Verification;
using McpTunnel.Edge.Enrolment;
using McpTunnel.Protocol.Codes;
using McpTunnel.Registry.Credentials;
using McpTunnel.Registry.Tunnels;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Enrolment;

public sealed class LinkCredentialCheckTests
{
    private const string Mine = "tnl_aaaaaaaaaaaaaaaa";
    private const string Other = "tnl_bbbbbbbbbbbbbbbb";

    private static readonly DateTimeOffset Now = new(2031, 5, 6, 7, 8, 9, TimeSpan.Zero);
    private static readonly TunnelRecord Tunnel = new(Mine, "acme", "acme.tunnel.example.com", TunnelState.Active, Now.AddDays(-9));
    private static readonly TunnelTokenRecord Token = new("tok_x", Mine, "hash", Now.AddDays(-9), null, null);
    private static readonly LinkCertificateRecord Certificate = new(Mine, "01", "fp", Now.AddDays(-9), Now.AddDays(9), Now.AddDays(-9), null);
    private static readonly LinkCertificateVerdict Good = new(Mine, null, "");
    private static readonly CredentialLookup Found = new(Tunnel, Token, Certificate);

    private static IEnumerable<TestCaseData> Refusals()
    {
        TestCaseData Case(string name, TunnelCode code, LinkCertificateVerdict? verdict = null, CredentialLookup? found = null, string tunnel = Mine) =>
            new TestCaseData(verdict ?? Good, found ?? Found, tunnel, code).SetArgDisplayNames(name);

        yield return Case("stranger's certificate", TunnelCode.CertificateInvalid, new(null, CertificateFault.NotTrusted, "x"));
        yield return Case("server certificate", TunnelCode.CertificateInvalid, new(null, CertificateFault.WrongUsage, "x"));
        yield return Case("expired certificate", TunnelCode.CertificateExpired, new(null, CertificateFault.Expired, "x"));
        yield return Case(
            "certificate of the edge's future", TunnelCode.InternalError, new(null, CertificateFault.NotYetValid, "x"), Found with { Certificate = Certificate with { NotBefore = Now.AddTicks(1) } });
        yield return Case("certificate of an authority that has ended", TunnelCode.CertificateInvalid, new(null, CertificateFault.NotYetValid, "x"));
        yield return Case("certificate not entered", TunnelCode.CertificateInvalid, found: Found with { Certificate = null });
        yield return Case("certificate revoked", TunnelCode.CertificateRevoked, found: Found with { Certificate = Certificate with { Revoked = Now } });
        yield return Case("certificate ended by the registry", TunnelCode.CertificateExpired, found: Found with { Certificate = Certificate with { NotAfter = Now.AddTicks(-1) } });
        yield return Case("certificate of another tunnel", TunnelCode.IdentityMismatch, new(Other, null, ""), Found with { Certificate = Certificate with { TunnelId = Other } });
        yield return Case("certificate that names another tunnel than it is entered for", TunnelCode.IdentityMismatch, new(Other, null, ""));
        yield return Case("certificate entered for another tunnel", TunnelCode.IdentityMismatch, found: Found with { Certificate = Certificate with { TunnelId = Other } });
        yield return Case("token unknown", TunnelCode.TokenInvalid, found: Found with { Token = null });
        yield return Case("token of another tunnel", TunnelCode.IdentityMismatch, found: Found with { Token = Token with { TunnelId = Other } });
        yield return Case("token revoked", TunnelCode.TokenRevoked, found: Found with { Token = Token with { Revoked = Now } });
        yield return Case("token expired at this moment", TunnelCode.TokenExpired, found: Found with { Token = Token with { Expires = Now } });
        yield return Case("token revoked and expired", TunnelCode.TokenRevoked, found: Found with { Token = Token with { Revoked = Now, Expires = Now } });
        yield return Case("tunnel unknown", TunnelCode.UnknownTunnel, found: Found with { Tunnel = null });
        yield return Case("tunnel archived", TunnelCode.TunnelArchived, found: Found with { Tunnel = Tunnel with { State = TunnelState.Archived } });
        yield return Case("hello for another tunnel", TunnelCode.IdentityMismatch, found: Found with { Tunnel = Tunnel with { Id = Other } }, tunnel: Other);
        yield return Case("both wrong: the certificate is said first", TunnelCode.CertificateRevoked, found: new(Tunnel, null, Certificate with { Revoked = Now }));
    }

    [TestCaseSource(nameof(Refusals))]
    public void Judge_refuses_each_with_its_own_code(LinkCertificateVerdict verdict, CredentialLookup found, string tunnel, TunnelCode code)
    {
        var refusal = LinkCredentialCheck.Judge(verdict, found, tunnel, Now);

        Assert.That(refusal?.Code, Is.EqualTo(code), refusal?.Detail);
        Assert.That(refusal!.Detail, Does.Not.Contain("hash").And.EndsWith("."));
    }

    [Test]
    public void Judge_accepts_certificate_and_token_of_the_tunnel() => Assert.That(LinkCredentialCheck.Judge(Good, Found, Mine, Now), Is.Null);

    [Test]
    public void Judge_accepts_a_token_until_it_expires()
    {
        var found = Found with { Token = Token with { Expires = Now.AddTicks(1) } };

        Assert.That(LinkCredentialCheck.Judge(Good, found, Mine, Now), Is.Null);
    }
}
