using System.Text;
using McpTunnel.Protocol.ClientHello;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Protocol.ClientHello;

public sealed class HostNameTests
{
    [TestCase("a", "a")]
    [TestCase("Docs.ACME.Example.COM", "docs.acme.example.com")]
    [TestCase("xn--bcher-kva.example", "xn--bcher-kva.example")]
    [TestCase("r3---sn_x.example", "r3---sn_x.example")]
    public void TryNormalize_of_a_host_name_puts_it_into_lower_case(string name, string expected)
    {
        Assert.That(HostName.TryNormalize(Encoding.Latin1.GetBytes(name), out var normalized), Is.True);
        Assert.That(normalized, Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase(".")]
    [TestCase("docs.example.com.", Description = "RFC 6066 forbids the final dot")]
    [TestCase(".docs")]
    [TestCase("a..b")]
    [TestCase("a b")]
    [TestCase("a\0.example.com")]
    [TestCase("bücher.example")]
    [TestCase("a/../b")]
    [TestCase("a:443")]
    [TestCase("[::1]")]
    [TestCase("a\r\nb")]
    [TestCase("*.example.com")]
    [TestCase("user@host")]
    [TestCase("a%00b")]
    public void TryNormalize_of_anything_else_fails(string name) =>
        Assert.That(HostName.TryNormalize(Encoding.Latin1.GetBytes(name), out _), Is.False);

    [Test]
    public void TryNormalize_at_the_limits_accepts_and_one_beyond_does_not()
    {
        Assert.That(IsHost(new string('a', 63) + ".b"), Is.True);
        Assert.That(IsHost(new string('a', 64) + ".b"), Is.False);
        Assert.That(IsHost("b." + new string('a', 64)), Is.False);
        Assert.That(IsHost(string.Concat(Enumerable.Repeat("aa.", 85))[..253]), Is.True);
        Assert.That(IsHost(string.Concat(Enumerable.Repeat("aa.", 85))[..254]), Is.False);
    }

    private static bool IsHost(string name) => HostName.TryNormalize(Encoding.ASCII.GetBytes(name), out _);
}
