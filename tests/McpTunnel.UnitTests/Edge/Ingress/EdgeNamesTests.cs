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

    [TestCase("docs.acme.tunnel.example.com", "acme")]
    [TestCase("a.b.tunnel.example.com", "b")]
    [TestCase("acme.tunnel.example.com", "")]
    [TestCase("agents.tunnel.example.com", "")]
    [TestCase("x.docs.acme.tunnel.example.com", "")]
    [TestCase(".acme.tunnel.example.com", "")]
    [TestCase("docs..tunnel.example.com", "")]
    [TestCase("tunnel.example.com", "")]
    [TestCase("docs.acme.tunnel.example.org", "")]
    [TestCase("docs.acmetunnel.example.com", "")]
    [TestCase("docs.acme.tunnel.example.com.evil.test", "")]
    public void TunnelLabel_only_for_server_and_label_below_the_edge(string name, string label) =>
        Assert.That(_names.TunnelLabel(name).ToString(), Is.EqualTo(label));
}
