using System.Net;
using McpTunnel.Edge.Ingress.Admission;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress;

public sealed class SourceKeyTests
{
    [TestCase("192.0.2.1", "192.0.2.1", true)]
    [TestCase("192.0.2.1", "::ffff:192.0.2.1", true)]
    [TestCase("192.0.2.1", "192.0.2.2", false)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [TestCase("0.0.0.0", "::", false)]
    public void Of_two_addresses_is_one_source_for_the_same_ipv4_or_ipv6_64(string first, string second, bool same) =>
        Assert.That(SourceKey.Of(IPAddress.Parse(first)) == SourceKey.Of(IPAddress.Parse(second)), Is.EqualTo(same));

    [TestCase("192.0.2.1", "192.0.2.255", true)]
    [TestCase("192.0.2.1", "192.0.3.1", false)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:ffff::1", true)]
    [TestCase("2001:db8:1:2::1", "2001:db8:2:2::1", false)]
    public void Network_of_two_sources_is_one_for_the_same_ipv4_24_or_ipv6_48(string first, string second, bool same) =>
        Assert.That(SourceKey.Of(IPAddress.Parse(first)).Network == SourceKey.Of(IPAddress.Parse(second)).Network, Is.EqualTo(same));

    [TestCase("192.0.2.200", "192.0.2.200")]
    [TestCase("::ffff:192.0.2.200", "192.0.2.200")]
    [TestCase("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    public void ToString_names_the_source(string address, string expected) =>
        Assert.That(SourceKey.Of(IPAddress.Parse(address)).ToString(), Is.EqualTo(expected));
}
