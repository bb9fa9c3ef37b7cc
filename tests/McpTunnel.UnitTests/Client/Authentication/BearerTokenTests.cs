using McpTunnel.Client.Authentication.Jwt;
using Microsoft.Extensions.Primitives;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Authentication;

public sealed class BearerTokenTests
{
    [TestCase("Bearer abc.def.ghi", "abc.def.ghi")]
    [TestCase("bearer abc", "abc")]
    [TestCase("BEARER   abc ", "abc")]
    [TestCase("Basic dXNlcjpwYXNz", "")]
    [TestCase("Bearerabc", "")]
    [TestCase("", "")]
    [TestCase("Bearer ", null)]
    [TestCase("Bearer a b", null)]
    [TestCase("Bearer a, Bearer b", null)]
    [TestCase("Bearer \u00e9", null)]
    public void From_takes_one_token(string header, string? token) => Assert.That(From(header), Is.EqualTo(token));

    [Test]
    public void From_no_header_is_no_token() => Assert.That(From(StringValues.Empty), Is.Empty);

    [Test]
    public void From_two_headers_cannot_be_meant() => Assert.That(From(new StringValues(["Bearer a", "Bearer a"])), Is.Null);

    [Test]
    public void From_token_at_the_length_limit_passes_and_one_more_does_not()
    {
        Assert.Multiple(() =>
        {
            Assert.That(From("Bearer " + new string('a', BearerToken.MaxLength)), Has.Length.EqualTo(BearerToken.MaxLength));
            Assert.That(From("Bearer " + new string('a', BearerToken.MaxLength + 1)), Is.Null);
        });
    }

    /// <summary>Empty for no token, null for one that cannot be meant.</summary>
    private static string? From(StringValues authorization) => BearerToken.Find(authorization, out var token) switch
    {
        BearerTokenFinding.None => "",
        BearerTokenFinding.Token => token.ToString(),
        _ => null,
    };

    [TestCase("", false)]
    [TestCase("?", false)]
    [TestCase("?x=1&y=access_token", false)]
    [TestCase("?xaccess_token=1", false)]
    [TestCase("?access_token=1", true)]
    [TestCase("?x=1&ACCESS_token=", true)]
    public void IsInQuery_finds_tokens(string query, bool found) => Assert.That(BearerToken.IsInQuery(query), Is.EqualTo(found));
}
