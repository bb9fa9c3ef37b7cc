using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Proxying;
using McpTunnel.TestKit;
using McpTunnel.Transport;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Proxying;

public sealed class EdgeProxyTests
{
    private static readonly Uri Edge = new("https://link.tunnel.example.com");

    private static readonly WebProxy Environment = new("http://user:hunter2@env.example.com:8080") { Credentials = new NetworkCredential("user", "hunter2") };

    [Test]
    public async Task ForDialAsync_nothing_written_is_the_environments_proxy_with_its_credentials()
    {
        var proxy = (await new EdgeProxy(new ProxyOptions(), addressIsNamed: false, TimeProvider.System, Environment).ForDialAsync(CancellationToken.None))!;

        Assert.That(proxy.GetProxy(Edge)!.Authority, Is.EqualTo("env.example.com:8080"));
        Assert.That(proxy.Credentials!.GetCredential(Edge, "Basic")!.Password, Is.EqualTo("hunter2"));
    }

    [TestCase(null, true)]
    [TestCase("none", false)]
    [TestCase("none", true)]
    public async Task ForDialAsync_address_written_down_or_none_is_direct(string? url, bool addressIsNamed)
    {
        var proxy = new EdgeProxy(new ProxyOptions { Url = url }, addressIsNamed, TimeProvider.System, Environment);

        Assert.That((await proxy.ForDialAsync(CancellationToken.None), proxy.Describe(Edge)), Is.EqualTo(((IWebProxy?)null, (string?)null)));
    }

    [Test]
    public async Task ForDialAsync_proxy_written_down_wins_over_the_environment_and_gets_none_of_its_credentials()
    {
        var proxy = (await new EdgeProxy(new ProxyOptions { Url = "http://written.example.com:3128" }, addressIsNamed: true, TimeProvider.System, Environment).ForDialAsync(CancellationToken.None))!;

        Assert.That(proxy.GetProxy(Edge)!.Authority, Is.EqualTo("written.example.com:3128"));
        Assert.That(proxy.Credentials, Is.Null);
    }

    [Test]
    public async Task Refused_credentials_are_held_back_longer_each_time_and_others_are_not()
    {
        using var directory = new ScratchDirectory();
        var file = directory.Write("credentials", "user:one\n");
        var time = new FakeTimeProvider();
        var edgeProxy = new EdgeProxy(new ProxyOptions { Url = "http://written.example.com:3128", CredentialsFile = file }, false, time);
        Task<IWebProxy?> ForDialAsync() => edgeProxy.ForDialAsync(CancellationToken.None);

        var holds = new List<int>();
        for (var refusal = 0; refusal < 6; refusal++)
        {
            edgeProxy.Answered(await ForDialAsync(), "407.");
            var held = (await Assert.ThrowsAsync<LinkConnectException>(ForDialAsync))!;
            holds.Add(int.Parse(Regex.Match(held.Message, "again in ([0-9]+) s").Groups[1].Value, CultureInfo.InvariantCulture));
            Assert.That(held.Fault, Is.EqualTo(LinkConnectFault.ProxyAuthentication));
            Assert.That(held.Message, Does.StartWith("407. "));
            time.Advance(TimeSpan.FromSeconds(holds[^1]));
        }

        Assert.That(holds, Is.EqualTo(new[] { 60, 240, 900, 900, 900, 900 }));

        edgeProxy.Answered(await ForDialAsync(), "407.");
        directory.Write("credentials", "user:two\n");
        edgeProxy.Answered(await ForDialAsync(), "407.");
        Assert.That((await Assert.ThrowsAsync<LinkConnectException>(ForDialAsync))!.Message, Does.Contain("again in 60 s"), "another password starts anew");
    }

    [TestCase("refused")]
    [TestCase("answered")]
    [TestCase("silent")]
    public async Task Credentials_are_shown_by_one_dial_at_a_time(string first)
    {
        using var directory = new ScratchDirectory();
        var file = directory.Write("credentials", "user:one\n");
        var time = new FakeTimeProvider();
        var edgeProxy = new EdgeProxy(new ProxyOptions { Url = "http://written.example.com:3128", CredentialsFile = file }, false, time);
        var proxy = await edgeProxy.ForDialAsync(CancellationToken.None);
        var second = edgeProxy.ForDialAsync(CancellationToken.None);
        await Task.WhenAny(second, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System));
        var waited = !second.IsCompleted;

        switch (first)
        {
            case "refused":
                edgeProxy.Answered(proxy, "407.");
                break;
            case "answered":
                edgeProxy.Answered(proxy, null);
                break;
            default:
                time.Advance(TimeSpan.FromSeconds(1));
                break;
        }

        Assert.That(waited, Is.True);
        Assert.That(async () => await second, first == "refused" ? Throws.InstanceOf<LinkConnectException>() : Throws.Nothing);
    }

    [Test]
    public async Task Refusal_without_credentials_holds_nothing_back()
    {
        var edgeProxy = new EdgeProxy(new ProxyOptions { Url = "http://written.example.com:3128" }, false, TimeProvider.System);

        edgeProxy.Answered(await edgeProxy.ForDialAsync(CancellationToken.None), "407.");

        Assert.That(await edgeProxy.ForDialAsync(CancellationToken.None), Is.Not.Null);
    }

    [Test]
    public void Describe_shows_neither_user_nor_password()
    {
        Assert.That(new EdgeProxy(new ProxyOptions(), false, TimeProvider.System, Environment).Describe(Edge), Is.EqualTo("http://env.example.com:8080, which the environment names"));
        Assert.That(
            new EdgeProxy(new ProxyOptions { Url = "http://written.example.com:3128" }, false, TimeProvider.System, Environment).Describe(Edge),
            Is.EqualTo("http://written.example.com:3128, which the configuration names"));
    }

    [Test]
    public void Describe_bypassed_host_has_no_proxy()
    {
        var options = new ProxyOptions { Bypass = [".tunnel.example.com"] };

        Assert.That(new EdgeProxy(options, false, TimeProvider.System, Environment).Describe(Edge), Is.Null);
        Assert.That(new EdgeProxy(options with { Url = "http://written.example.com" }, false, TimeProvider.System, Environment).Describe(Edge), Is.Null);
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
