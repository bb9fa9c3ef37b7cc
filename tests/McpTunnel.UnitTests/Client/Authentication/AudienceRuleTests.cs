using McpTunnel.Client.Authentication.Jwt;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Authentication;

public sealed class AudienceRuleTests
{
    [TestCase("https://docs.test:8443/mcp", true)]
    [TestCase("https://docs.test:8443/mcp/", true)]
    [TestCase("Https://Docs.Test:8443/mcp", true)]
    [TestCase("https://docs.test:8443/MCP", false)]
    [TestCase("https://docs.test:8443/mcp//", false)]
    [TestCase("https://docs.test:8443/x/../mcp", false)]
    [TestCase("https://docs.test:8443/mcp?x", false)]
    [TestCase("https://docs.test:8443/mcp#", false)]
    [TestCase("https://docs.test/mcp", false)]
    [TestCase("https://user@docs.test:8443/mcp", false)]
    [TestCase("api://docs", true)]
    [TestCase("API://docs", false)]
    [TestCase("api://docs/", false)]
    [TestCase("", false)]
    public void Accepts_compares_URLs_as_agents_write_them(string audience, bool accepted) =>
        Assert.That(new AudienceRule(["https://docs.test:8443/mcp", "api://docs"]).Accepts([audience]), Is.EqualTo(accepted));

    [Test]
    public void Accepts_one_of_several_is_enough_and_none_is_not()
    {
        var rule = new AudienceRule(["https://docs.test/mcp"]);

        Assert.Multiple(() =>
        {
            Assert.That(rule.Accepts(["https://other.test", "https://docs.test/mcp"]), Is.True);
            Assert.That(rule.Accepts([]), Is.False);
        });
    }
}
