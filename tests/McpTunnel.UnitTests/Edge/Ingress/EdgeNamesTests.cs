using McpTunnel.Edge.Ingress;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress;

public sealed class EdgeNamesTests
{
    private readonly EdgeNames _names = new("tunnel.example.com");

    [TestCase("tunnel.example.com", true)]
    [TestCase("link.tunnel.example.com", true)]
    [TestCase("agents.tunnel.example.com", false)]
    [TestCase("example.com", false)]
    [TestCase("xtunnel.example.com", false)]
    [TestCase("docs.acme.tunnel.example.com", false)]
    public void IsOwn_only_the_api_and_the_link_name(string name, bool own) => Assert.That(_names.IsOwn(name), Is.EqualTo(own));

    [TestCase("docs.acme.tunnel.example.com", "acme.tunnel.example.com")]
    [TestCase("a.b.tunnel.example.com", "b.tunnel.example.com")]
    [TestCase("acme.tunnel.example.com", null)]
    [TestCase("agents.tunnel.example.com", null)]
    [TestCase("x.docs.acme.tunnel.example.com", null)]
    [TestCase(".acme.tunnel.example.com", null)]
    [TestCase("docs..tunnel.example.com", null)]
    [TestCase("tunnel.example.com", null)]
    [TestCase("docs.acme.tunnel.example.org", null)]
    [TestCase("docs.acmetunnel.example.com", null)]
    [TestCase("docs.acme.tunnel.example.com.evil.test", null)]
    public void TunnelDomain_only_for_server_and_label_below_the_edge(string name, string? domain) =>
        Assert.That(_names.TunnelDomain(name), Is.EqualTo(domain));
}
