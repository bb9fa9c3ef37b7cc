using System.Net;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Egress;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Egress;

public sealed class AddressRulesTests
{
    private static readonly AddressRules ByDefault = new(
        new ServerOptions { Name = "x", Upstream = new Uri("http://x"), Authentication = new AuthenticationOptions { Mode = AuthenticationMode.None } }.AllowedNetworks);

    private static readonly AddressRules Everything = new([IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")]);

    [TestCase("10.0.0.5")]
    [TestCase("172.16.0.1")]
    [TestCase("172.31.255.255")]
    [TestCase("192.168.1.1")]
    [TestCase("100.64.0.1")]
    [TestCase("fc00::1")]
    [TestCase("fd12:3456::1")]
    [TestCase("::ffff:10.0.0.5")]
    public void Allows_private_addresses_by_default(string address) => Assert.That(ByDefault.Allows(IPAddress.Parse(address)), Is.True);

    [TestCase("127.0.0.1")]
    [TestCase("127.255.255.254")]
    [TestCase("::1")]
    [TestCase("::ffff:127.0.0.1")]
    [TestCase("0.0.0.0")]
    [TestCase("::")]
    [TestCase("169.254.169.254")]
    [TestCase("::ffff:169.254.169.254")]
    [TestCase("fe80::1")]
    [TestCase("fe80::1%1")]
    [TestCase("fd00:ec2::254")]
    [TestCase("fd20:ce::254")]
    [TestCase("100.100.100.200")]
    [TestCase("::ffff:100.100.100.200")]
    [TestCase("172.32.0.1")]
    [TestCase("100.128.0.1")]
    [TestCase("8.8.8.8")]
    [TestCase("2001:4860:4860::8888")]
    [TestCase("224.0.0.1")]
    [TestCase("255.255.255.255")]
    [TestCase("ff02::1")]
    public void Refuses_everything_else_by_default(string address) => Assert.That(ByDefault.Allows(IPAddress.Parse(address)), Is.False);

    [TestCase("8.8.8.8", true)]
    [TestCase("10.0.0.5", true)]
    [TestCase("2606:4700::1", true)]
    [TestCase("127.0.0.1", false)]
    [TestCase("::1", false)]
    [TestCase("169.254.169.254", false)]
    [TestCase("168.63.129.16", false)]
    [TestCase("168.63.129.17", true)]
    [TestCase("100.100.100.199", true)]
    [TestCase("100.100.100.200", false)]
    [TestCase("0.0.0.0", false)]
    [TestCase("fe80::1", false)]
    [TestCase("ff02::1", false)]
    [TestCase("64:ff9b::a9fe:a9fe", false)]
    [TestCase("2002:7f00:1::", false)]
    [TestCase("::127.0.0.1", false)]
    public void A_wide_network_does_not_name_special_ranges(string address, bool allowed) => Assert.That(Everything.Allows(IPAddress.Parse(address)), Is.EqualTo(allowed));

    [TestCase("127.0.0.1/32", "127.0.0.1", true)]
    [TestCase("127.0.0.1/32", "127.0.0.2", false)]
    [TestCase("127.0.0.0/8", "127.3.2.1", true)]
    [TestCase("127.0.0.0/8", "::ffff:127.0.0.1", true)]
    [TestCase("126.0.0.0/7", "127.0.0.1", false)]
    [TestCase("::1/128", "::1", true)]
    [TestCase("169.254.169.254/32", "169.254.169.254", true)]
    [TestCase("fe80::/10", "fe80::1%3", true)]
    [TestCase("fd00:ec2::254/128", "fd00:ec2::254", true)]
    [TestCase("100.100.100.200/32", "100.100.100.200", true)]
    public void A_special_range_is_allowed_by_a_network_inside_it(string network, string address, bool allowed) =>
        Assert.That(new AddressRules([IPNetwork.Parse(network)]).Allows(IPAddress.Parse(address)), Is.EqualTo(allowed));
}
