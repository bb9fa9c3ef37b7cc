using System.Net;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Proxying;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Proxying;

public sealed class EdgeProxyTests
{
    private static readonly Uri Edge = new("https://link.tunnel.example.com");

    private static readonly WebProxy Environment = new("http://user:hunter2@env.example.com:8080") { Credentials = new NetworkCredential("user", "hunter2") };

    [Test]
    public async Task ForDialAsync_nothing_written_is_the_environments_proxy_with_its_credentials()
    {
        var proxy = (await new EdgeProxy(new ProxyOptions(), addressIsNamed: false, Environment).ForDialAsync(CancellationToken.None))!;

        Assert.That(proxy.GetProxy(Edge)!.Authority, Is.EqualTo("env.example.com:8080"));
        Assert.That(proxy.Credentials!.GetCredential(Edge, "Basic")!.Password, Is.EqualTo("hunter2"));
    }

    [TestCase(null, true)]
    [TestCase("none", false)]
    [TestCase("none", true)]
    public async Task ForDialAsync_address_written_down_or_none_is_direct(string? url, bool addressIsNamed)
    {
        var proxy = new EdgeProxy(new ProxyOptions { Url = url }, addressIsNamed, Environment);

        Assert.That((await proxy.ForDialAsync(CancellationToken.None), proxy.Describe(Edge)), Is.EqualTo(((IWebProxy?)null, (string?)null)));
    }

    [Test]
    public async Task ForDialAsync_proxy_written_down_wins_over_the_environment_and_gets_none_of_its_credentials()
    {
        var proxy = (await new EdgeProxy(new ProxyOptions { Url = "http://written.example.com:3128" }, addressIsNamed: true, Environment).ForDialAsync(CancellationToken.None))!;

        Assert.That(proxy.GetProxy(Edge)!.Authority, Is.EqualTo("written.example.com:3128"));
        Assert.That(proxy.Credentials, Is.Null);
    }

    [Test]
    public void Describe_shows_neither_user_nor_password()
    {
        Assert.That(new EdgeProxy(new ProxyOptions(), false, Environment).Describe(Edge), Is.EqualTo("http://env.example.com:8080, which the environment names"));
        Assert.That(
            new EdgeProxy(new ProxyOptions { Url = "http://written.example.com:3128" }, false, Environment).Describe(Edge),
            Is.EqualTo("http://written.example.com:3128, which the configuration names"));
    }

    [Test]
    public void Describe_bypassed_host_has_no_proxy()
    {
        var options = new ProxyOptions { Bypass = [".tunnel.example.com"] };

        Assert.That(new EdgeProxy(options, false, Environment).Describe(Edge), Is.Null);
        Assert.That(new EdgeProxy(options with { Url = "http://written.example.com" }, false, Environment).Describe(Edge), Is.Null);
    }

    [TestCase("link.tunnel.example.com", true)]
    [TestCase("LINK.tunnel.example.com", true)]
    [TestCase(".example.com", true)]
    [TestCase("*.example.com", true)]
    [TestCase("example.com", false)]
    [TestCase(".link.tunnel.example.com", false)]
    [TestCase(".ple.com", false)]
    [TestCase("0.0.0.0/0", false)]
    public void Bypass_of_a_name(string entry, bool expected) => Assert.That(new ProxyBypassList([entry]).Contains(Edge), Is.EqualTo(expected));

    [TestCase("192.0.2.0/24", "https://192.0.2.7:8443", true)]
    [TestCase("192.0.2.0/24", "https://192.0.3.7", false)]
    [TestCase("2001:db8::/32", "https://[2001:db8::1]", true)]
    [TestCase("192.0.2.7", "https://192.0.2.7", true)]
    public void Bypass_of_an_address(string entry, string destination, bool expected) =>
        Assert.That(new ProxyBypassList([entry]).Contains(new Uri(destination)), Is.EqualTo(expected));
}
