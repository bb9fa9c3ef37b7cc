using System.Text;
using McpTunnel.Client.Authentication;
using McpTunnel.Client.Authentication.Jwt;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Authentication;

public sealed class CallerReaderTests
{
    [TestCase("""{"iss":"i","sub":"ann","client_id":"app"}""", CallerKind.AgentForHuman, "ann", "app")]
    [TestCase("""{"iss":"i","sub":"app","client_id":"app"}""", CallerKind.Workload, "app", "app")]
    [TestCase("""{"iss":"i","client_id":"app"}""", CallerKind.Workload, "app", "app")]
    [TestCase("""{"iss":"i","sub":"ann","azp":"app"}""", CallerKind.AgentForHuman, "ann", "app")]
    [TestCase("""{"iss":"i","sub":"ann"}""", CallerKind.Human, "ann", null)]
    public void Read_tells_people_and_programs_apart(string claims, CallerKind kind, string subject, string? clientId)
    {
        var caller = CallerReader.Read(Token(claims));

        Assert.That((caller.Kind, caller.Subject, caller.ClientId), Is.EqualTo((kind, subject, clientId)));
    }

    [TestCase("""{"scope":"a b"}""", "a,b")]
    [TestCase("""{"scope":["a","b"]}""", "a,b")]
    [TestCase("""{"scope":["a"]}""", "a")]
    [TestCase("""{"scp":"a b"}""", "a,b")]
    [TestCase("""{"scp":["a","b"]}""", "a,b")]
    [TestCase("""{"scope":"a","scp":"b"}""", "a")]
    [TestCase("""{"scope":["a",1,null]}""", "a")]
    [TestCase("""{"scope":""}""", "")]
    [TestCase("""{"scope":{"a":1}}""", "")]
    [TestCase("""{"scope":null}""", "")]
    [TestCase("{}", "")]
    public void Scopes_are_read_in_every_way_they_are_written(string claims, string scopes) =>
        Assert.That(string.Join(',', CallerReader.Scopes(Token(claims))), Is.EqualTo(scopes));

    [Test]
    public void Read_actor_chain_is_outermost_first_and_bounded()
    {
        var claims = """{"iss":"i","sub":"ann","act":""" + string.Concat(Enumerable.Range(0, 50).Select(i => $$"""{"sub":"actor{{i}}","act":""")) + "null" + new string('}', 51);

        Assert.That(CallerReader.Read(Token(claims)).Actors, Is.EqualTo(Enumerable.Range(0, 8).Select(i => $"actor{i}")));
    }

    [Test]
    public void Read_hashes_differ_by_issuer_and_say_nothing_else()
    {
        var one = CallerReader.Read(Token("""{"iss":"i1","sub":"ann","jti":"7"}"""));
        var other = CallerReader.Read(Token("""{"iss":"i2","sub":"ann","jti":"7"}"""));

        Assert.Multiple(() =>
        {
            Assert.That(one.SubjectHash, Has.Length.EqualTo(16).And.Not.EqualTo(other.SubjectHash));
            Assert.That(one.TokenIdHash, Has.Length.EqualTo(16).And.Not.EqualTo(other.TokenIdHash));
        });
    }

    private static JsonWebToken Token(string claims) =>
        new($"{Base64UrlEncoder.Encode("""{"alg":"ES256"}""")}.{Base64UrlEncoder.Encode(Encoding.UTF8.GetBytes(claims))}.AAAA");
}
