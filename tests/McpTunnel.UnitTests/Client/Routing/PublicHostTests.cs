using McpTunnel.Client.Routing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Routing;

public sealed class PublicHostTests
{
    [TestCase("docs.acme.test", "docs.acme.test")]
    [TestCase("docs.acme.test:443", "docs.acme.test")]
    [TestCase("docs.acme.test.:443", "docs.acme.test")]
    [TestCase("docs.acme.test.", "docs.acme.test")]
    [TestCase("", "")]
    [TestCase(":443", "")]
    [TestCase("[::1]", "[::1]")]
    [TestCase("[::1]:443", "[::1]")]
    public void NameOf_is_the_name_alone(string authority, string name) => Assert.That(PublicHost.NameOf(authority).ToString(), Is.EqualTo(name));
}
