using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Client.Authentication.Jwt;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Proxying;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Network;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>An issuer on the internet is asked through the proxy that links go through; one in the private network is not, and neither is what may not be dialled.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(60_000)]
public sealed class IssuerProxyTests : IAsyncDisposable
{
    private const string Host = "issuer.public.test";
    private const string Keys = """{"keys":[]}""";

    private static readonly IPNetwork[] Everywhere = [IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")];

    private readonly ServerCa _authority = ServerCa.CreateForTunnel("public.test", TimeProvider.System);
    private readonly ScratchDirectory _directory = new();
    private readonly RawUpstream _issuer;

    public IssuerProxyTests()
    {
        using var certificate = _authority.IssueServerCertificate([Host]);
        RawUpstream? issuer = null;
        _issuer = issuer = new RawUpstream(
            exchange => exchange.OkAsync(exchange.Text.StartsWith("GET /keys ", StringComparison.Ordinal)
                ? Keys
                : JsonSerializer.Serialize(new { issuer = $"https://{Host}:{issuer!.Port}", jwks_uri = $"https://{Host}:{issuer.Port}/keys" })),
            tls: new SslServerAuthenticationOptions { ServerCertificateContext = certificate.ToCertificateContext() });
    }

    public async ValueTask DisposeAsync()
    {
        await _issuer.DisposeAsync();
        _authority.Dispose();
        _directory.Dispose();
    }

    [TestCase(null)]
    [TestCase("203.0.113.7")]
    public async Task Name_that_is_unknown_here_or_public_goes_through_the_proxy(string? address, CancellationToken cancellationToken)
    {
        await using var proxy = ConnectProxy.Start();
        using var client = Client(proxy, address);

        Assert.That(await client.FetchKeySetAsync(cancellationToken), Is.EqualTo(Keys));
        Assert.That(proxy.Requests.Select(request => request.Line), Is.All.EqualTo($"CONNECT {Host}:{_issuer.Port} HTTP/1.1").And.Not.Empty);
    }

    [Test]
    public async Task Proxy_that_wants_credentials_gets_those_of_the_file(CancellationToken cancellationToken)
    {
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Challenges = ["Basic"] });
        using var client = Client(proxy, address: null, new ProxyOptions { CredentialsFile = _directory.Write("proxy", $"{ConnectProxy.User}:{proxy.Password}\n") });

        Assert.That(await client.FetchKeySetAsync(cancellationToken), Is.EqualTo(Keys));
    }

    [Test]
    public async Task Credentials_that_the_proxy_refused_are_not_shown_again_and_changed_ones_are_used_at_once(CancellationToken cancellationToken)
    {
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Challenges = ["Basic"] });
        using var client = Client(proxy, address: null, new ProxyOptions { CredentialsFile = _directory.Write("proxy", $"{ConnectProxy.User}:wrong\n") });

        await Assert.ThatAsync(() => client.FetchKeySetAsync(cancellationToken), Throws.InstanceOf<IssuerUnavailableException>().With.Message.Contains("(407)"));
        var shown = proxy.Requests.Count;
        for (var i = 0; i < 5; i++)
        {
            await Assert.ThatAsync(() => client.FetchKeySetAsync(cancellationToken), Throws.Exception.With.Message.Contains("(407)"));
        }

        Assert.That(proxy.Requests, Has.Count.EqualTo(shown));
        _directory.Write("proxy", $"{ConnectProxy.User}:{proxy.Password}\n");
        Assert.That(await client.FetchKeySetAsync(cancellationToken), Is.EqualTo(Keys));
    }

    [Test]
    public async Task Name_of_this_machine_or_the_private_network_is_dialled_directly(CancellationToken cancellationToken)
    {
        await using var proxy = ConnectProxy.Start();
        using var client = Client(proxy, "127.0.0.1", networks: [IPNetwork.Parse("127.0.0.0/8")]);

        Assert.That(await client.FetchKeySetAsync(cancellationToken), Is.EqualTo(Keys));
        Assert.That(proxy.Requests, Is.Empty);
    }

    [TestCase("169.254.169.254")]
    [TestCase("127.0.0.1")]
    [TestCase("100.100.100.200")]
    public async Task Address_that_may_not_be_dialled_is_not_asked_of_the_proxy_either(string address, CancellationToken cancellationToken)
    {
        await using var proxy = ConnectProxy.Start();
        using var client = Client(proxy, address);

        await Assert.ThatAsync(() => client.FetchKeySetAsync(cancellationToken), Throws.Exception.With.Message.Contains("allowed networks").Or.InnerException.Message.Contains("allowed networks"));
        Assert.That(proxy.Requests, Is.Empty);
    }

    [Test]
    public async Task Name_that_is_unknown_here_is_not_asked_of_the_proxy_where_the_issuers_networks_are_named(CancellationToken cancellationToken)
    {
        await using var proxy = ConnectProxy.Start();
        using var client = Client(proxy, address: null, networks: [IPNetwork.Parse("203.0.113.0/24")]);

        await Assert.ThatAsync(() => client.FetchKeySetAsync(cancellationToken), Throws.Exception);
        Assert.That(proxy.Requests, Is.Empty);
    }

    [Test]
    public async Task Name_under_bypass_is_dialled_directly(CancellationToken cancellationToken)
    {
        await using var proxy = ConnectProxy.Start();
        using var client = Client(proxy, address: null, new ProxyOptions { Bypass = [".public.test"] });

        await Assert.ThatAsync(() => client.FetchKeySetAsync(cancellationToken), Throws.Exception);
        Assert.That(proxy.Requests, Is.Empty);
    }

    /// <param name="proxy">The proxy written down.</param>
    /// <param name="address">What this machine's DNS says; null when it does not know the name.</param>
    /// <param name="options">What else is written about the proxy.</param>
    /// <param name="networks">The issuer's networks; the default ones when null.</param>
    private IssuerClient Client(ConnectProxy proxy, string? address, ProxyOptions? options = null, IPNetwork[]? networks = null) => new(
        $"https://{Host}:{_issuer.Port}",
        new AddressRules(networks ?? Everywhere),
        new X509Certificate2Collection(_authority.Certificate),
        new EdgeProxy((options ?? new ProxyOptions()) with { Url = proxy.Url.GetLeftPart(UriPartial.Authority) }, addressIsNamed: false, TimeProvider.System),
        new ScriptedResolver(_ => address is null ? throw new SocketException((int)SocketError.HostNotFound) : [IPAddress.Parse(address)]),
        TimeProvider.System);
}
