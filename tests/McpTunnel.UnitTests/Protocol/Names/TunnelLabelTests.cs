using McpTunnel.Protocol.Names;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Protocol.Names;

public sealed class TunnelLabelTests
{
    [TestCase("a")]
    [TestCase("acme")]
    [TestCase("a-b")]
    [TestCase("7eleven")]
    public void Problem_is_null_for_a_label(string label) => Assert.That(TunnelLabel.Problem(label), Is.Null);

    [TestCase("ä")]
    [TestCase("a b")]
    [TestCase("a\0")]
    [TestCase("xn--bcher-kva")]
    [TestCase("www")]
    public void Problem_says_what_is_wrong_otherwise(string label) => Assert.That(TunnelLabel.Problem(label), Does.EndWith("."));

    [Test]
    public void Problem_allows_63_characters_and_not_64()
    {
        Assert.That(TunnelLabel.Problem(new string('a', 63)), Is.Null);
        Assert.That(TunnelLabel.Problem(new string('a', 64)), Is.Not.Null);
    }

    [TestCase("tnl_aaaaaaaaaaaaaaaa", true)]
    [TestCase("tnl_aaaaaaaaaaaaaaa", false)]
    [TestCase("tnl_aaaaaaaaaaaaaaaaa", false)]
    [TestCase("tnl_aaaaaaaaaaaaaaa1", false)]
    [TestCase("tun_aaaaaaaaaaaaaaaa", false)]
    public void A_tunnel_id_has_its_form(string id, bool valid) => Assert.That(TunnelId.IsValid(id), Is.EqualTo(valid));
}
