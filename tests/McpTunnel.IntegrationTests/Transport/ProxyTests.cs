using System.Net;
using System.Net.Sockets;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Proxying;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.Network;
using McpTunnel.Transport;

namespace McpTunnel.IntegrationTests.Transport;

/// <summary>Links out through a corporate proxy, and what is said when it gets in the way.</summary>
[CancelAfter(60_000)]
[TestFixture(Carrier.Tls)]
[TestFixture(Carrier.Websocket)]
public sealed class ProxyTests(Carrier carrier)
{
    private static readonly LinkOptions Quick = new() { PingAfter = TimeSpan.FromMilliseconds(200), DeadAfter = TimeSpan.FromSeconds(2) };

    private ScratchDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new ScratchDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public async Task F14_proxy_that_asks_for_Basic_with_407_first_lets_a_link_through(CancellationToken cancellationToken)
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Challenges = ["Basic realm=\"proxy\""] });

        await using var link = await DialAsync(edge, new ProxyOptions { Url = Address(proxy), CredentialsFile = Secret(proxy) }, cancellationToken);

        Assert.That(proxy.Requests.Select(request => (request.Line, request.Status)), Is.EqualTo(new[]
        {
            ($"CONNECT link.localhost:{edge.Port} HTTP/1.1", 407),
            ($"CONNECT link.localhost:{edge.Port} HTTP/1.1", 200),
        }));
        Assert.That(proxy.Requests[0].Authorization, Is.Null, "A password is not shown unasked.");
        await link.CloseAsync(TunnelCode.Shutdown, "Done.");
        await Eventually.ThatAsync(() => proxy.Open == 0, "the tunnel closed");
    }

    [Test]
    public async Task F14_proxy_that_ends_the_connection_with_its_407_is_asked_again_on_another(CancellationToken cancellationToken)
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Challenges = ["Basic realm=\"proxy\""], CloseAfterChallenge = true });

        await using var link = await DialAsync(edge, new ProxyOptions { Url = Address(proxy), CredentialsFile = Secret(proxy) }, cancellationToken);

        Assert.That(proxy.Requests.Select(request => request.Status), Is.EqualTo(new[] { 407, 200 }));
    }

    [Test]
    public async Task F14_proxy_that_never_answers_is_given_up_and_named(CancellationToken cancellationToken)
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Silent = true });

        var failure = await FailureAsync(() => edge.Dialer(carrier, change: dial => dial with
        {
            ConnectTo = null,
            Proxy = new WebProxy(proxy.Url),
            ConnectTimeout = TimeSpan.FromMilliseconds(300),
        }).DialAsync(LinkPair.Hello(), cancellationToken));

        Assert.That(failure.Fault, Is.EqualTo(LinkConnectFault.ProxyUnreachable));
        Assert.That(failure.Message, Does.Contain($"through the proxy localhost:{proxy.EndPoint.Port}"));
    }

    [Test]
    public async Task F14_strongest_scheme_that_fails_is_told_with_how_to_name_another()
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Challenges = ["Negotiate", "Basic realm=\"proxy\""] });

        var failure = await FailureAsync(() => DialAsync(edge, new ProxyOptions { Url = Address(proxy), CredentialsFile = Secret(proxy) }, CancellationToken.None));

        Assert.That(failure.Message, Does.Contain("(407, Negotiate)").And.Contain("'proxy: scheme'"));
        Assert.That(proxy.Requests.Select(request => request.Authorization).OfType<string>(), Has.None.StartWith("Basic"), "A password is not sent in place of a stronger proof.");
    }

    [Test]
    public async Task F14_changed_password_is_used_by_the_next_dial(CancellationToken cancellationToken)
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Challenges = ["Basic realm=\"proxy\""] });
        var configured = new EdgeProxy(new ProxyOptions { Url = Address(proxy), CredentialsFile = Secret(proxy) }, addressIsNamed: false, TimeProvider.System);
        await using var first = await DialAsync(edge, configured, cancellationToken);

        proxy.Password = "another";
        var refused = await FailureAsync(() => DialAsync(edge, configured, cancellationToken));
        Secret(proxy);
        await using var second = await DialAsync(edge, configured, cancellationToken);

        Assert.That(refused.Fault, Is.EqualTo(LinkConnectFault.ProxyAuthentication));
        Assert.That(refused.Message, Does.Contain("does not accept the credentials (407, Basic)"));
    }

    [Test]
    public async Task F14_NTLM_is_answered_where_the_proxy_wants_it(CancellationToken cancellationToken)
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Challenges = ["NTLM"] });

        await using var link = await DialAsync(edge, new ProxyOptions { Url = Address(proxy), CredentialsFile = Secret(proxy, "CORP\\") }, cancellationToken);

        Assert.That(proxy.Requests.Select(request => request.Status), Is.EqualTo(new[] { 407, 407, 200 }));
    }

    [Test]
    public async Task F14_scheme_that_is_named_is_taken_although_a_stronger_one_is_offered(CancellationToken cancellationToken)
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Challenges = ["Negotiate", "NTLM", "Basic realm=\"proxy\""] });

        await using var link = await DialAsync(
            edge, new ProxyOptions { Url = Address(proxy), CredentialsFile = Secret(proxy), Scheme = ProxyScheme.Basic }, cancellationToken);

        Assert.That(proxy.Requests[^1].Authorization, Does.StartWith("Basic "));
    }

    [TestCase("Basic realm=\"proxy\"", "407, Basic")]
    [TestCase("NTLM", "407, NTLM")]
    [TestCase("Bearer", "scheme that this program does not speak")]
    public async Task F14_proxy_wants_credentials_and_there_are_none_says_which_and_what_to_configure(string challenge, string expected)
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Challenges = [challenge] });

        var failure = await FailureAsync(() => DialAsync(edge, new ProxyOptions { Url = Address(proxy) }, CancellationToken.None));

        Assert.That(failure.Fault, Is.EqualTo(LinkConnectFault.ProxyAuthentication));
        Assert.That(failure.Message, Does.Contain(expected).And.Contain($"localhost:{proxy.EndPoint.Port}"));
    }

    [TestCase(403, "Have that host and port allowed")]
    [TestCase(502, "could not reach")]
    [TestCase(504, "could not reach")]
    public async Task F14_proxy_that_refuses_CONNECT_names_the_host_and_port_to_allow(int status, string expected)
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { RefuseWith = status });

        var failure = await FailureAsync(() => DialAsync(edge, new ProxyOptions { Url = Address(proxy) }, CancellationToken.None));

        Assert.That(failure.Fault, Is.EqualTo(LinkConnectFault.ProxyRefused));
        Assert.That(failure.Message, Does.Contain(expected).And.Contain($"link.localhost:{edge.Port}").And.Contain($"{status}"));
    }

    [Test]
    public async Task F14_proxy_that_is_not_there_says_so_without_its_credentials()
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        using var closed = new Socket(SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = new Uri($"http://user:hunter2@localhost:{((IPEndPoint)closed.LocalEndPoint!).Port}");

        var failure = await FailureAsync(() => edge.Dialer(carrier, change: dial => dial with { ConnectTo = null, Proxy = new WebProxy(address) })
            .DialAsync(LinkPair.Hello(), CancellationToken.None));

        Assert.That(failure.Fault, Is.EqualTo(LinkConnectFault.ProxyUnreachable));
        Assert.That(failure.Message, Does.Contain($"no connection to the proxy localhost:{address.Port}"));
        Assert.That(failure.ToString(), Does.Not.Contain("hunter2"));
    }

    [Test]
    public async Task F14_refusal_of_a_proxy_whose_URL_has_a_password_does_not_show_it()
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { RefuseWith = 403 });

        // As the environment's proxy: the framework's own text quotes this URL.
        var failure = await FailureAsync(() => edge.Dialer(carrier, change: dial => dial with
        {
            ConnectTo = null,
            Proxy = new WebProxy(new UriBuilder(proxy.Url) { UserName = "svc", Password = "hunter2" }.Uri),
        }).DialAsync(LinkPair.Hello(), CancellationToken.None));

        Assert.That(failure.ToString(), Does.Contain("answered 403").And.Not.Contain("hunter2"));
    }

    [Test]
    public async Task F14_bypassed_host_and_none_are_dialled_directly(CancellationToken cancellationToken)
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var proxy = ConnectProxy.Start();

        // Without a proxy the name is dialled itself: *.localhost is loopback (RFC 6761 section 6.3), and the fixture dials its address where it is not.
        await using var bypassed = await DialAsync(
            edge, new EdgeProxy(new ProxyOptions { Url = Address(proxy), Bypass = [".localhost"] }, addressIsNamed: true, TimeProvider.System), cancellationToken, keepAddress: true);
        await using var none = await DialAsync(
            edge, new EdgeProxy(new ProxyOptions { Url = "none" }, addressIsNamed: true, TimeProvider.System), cancellationToken, keepAddress: true);

        Assert.That(proxy.Requests, Is.Empty);
    }

    [Test]
    public async Task F14_address_written_down_is_what_the_proxy_is_asked_for(CancellationToken cancellationToken)
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var proxy = ConnectProxy.Start();

        await using var link = await DialAsync(edge, new EdgeProxy(new ProxyOptions { Url = Address(proxy) }, addressIsNamed: true, TimeProvider.System), cancellationToken, keepAddress: true);

        Assert.That(proxy.Requests.Single().Line, Is.EqualTo($"CONNECT 127.0.0.1:{edge.Port} HTTP/1.1"));
    }

    [Test]
    public async Task F14_link_outlives_a_proxy_that_drops_idle_tunnels(CancellationToken cancellationToken)
    {
        await using var edge = await TlsCarrierFixture.StartAsync(options: Quick);
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { IdleLimit = TimeSpan.FromSeconds(1) });
        await using var link = await DialAsync(edge, new ProxyOptions { Url = Address(proxy) }, cancellationToken);
        using var idle = await IdleTunnelAsync(proxy, edge.Port, cancellationToken);

        // The bare tunnel shows that idle ones are dropped; the link has been as quiet for as long, but for its own questions.
        await Eventually.ThatAsync(() => proxy.Dropped == 1, "the idle tunnel dropped");

        Assert.That((link.State, proxy.Open), Is.EqualTo((LinkState.Active, 1)));
    }

    [Test]
    public async Task F15_proxy_that_forgets_the_tunnel_without_a_word_is_noticed_by_both_ends(CancellationToken cancellationToken)
    {
        await using var edge = await TlsCarrierFixture.StartAsync(options: Quick);
        await using var proxy = ConnectProxy.Start();
        await using var link = await DialAsync(edge, new ProxyOptions { Url = Address(proxy) }, cancellationToken);
        var atEdge = await edge.Authorizer.FirstLink.WaitAsync(cancellationToken);

        proxy.Forget();

        Assert.That((await link.Closed.WaitAsync(cancellationToken)).Code, Is.EqualTo(TunnelCode.PeerDead));
        Assert.That((await atEdge.Closed.WaitAsync(cancellationToken)).Code, Is.EqualTo(TunnelCode.PeerDead));
    }

    [Test]
    public async Task Proxy_that_is_spoken_to_over_TLS_is_judged_by_the_systems_store_and_says_so(CancellationToken cancellationToken)
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        using var authority = new InspectionAuthority();
        using var own = authority.Issue("localhost");
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { OwnCertificate = own });

        var failure = await FailureAsync(() => DialAsync(edge, new ProxyOptions { Url = Address(proxy) }, cancellationToken));
        await using var link = await edge.Dialer(carrier, change: dial => dial with
        {
            ConnectTo = null,
            Proxy = new WebProxy(proxy.Url),
            TrustedAuthorities = [.. dial.TrustedAuthorities!, authority.Certificate],
        }).DialAsync(LinkPair.Hello(), cancellationToken);

        Assert.That(failure.Fault, Is.EqualTo(LinkConnectFault.ProxyUnreachable));
        Assert.That(failure.Message, Does.Contain("the own certificate of the proxy").And.Contain(InspectionAuthority.Name));
        Assert.That(proxy.Open, Is.EqualTo(1));
    }

    [Test]
    public async Task Proxy_that_inspects_TLS_is_recognised_by_its_authority()
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        using var authority = new InspectionAuthority();
        using var shown = authority.Issue("link.localhost");
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Intercept = shown });

        var failure = await FailureAsync(() => DialAsync(edge, new ProxyOptions { Url = Address(proxy) }, CancellationToken.None));

        Assert.That(failure.Fault, Is.EqualTo(LinkConnectFault.Intercepted));
        Assert.That(
            failure.Message,
            Does.Contain("something on the way opened TLS").And.Contain(InspectionAuthority.Name).And.Contain($"Have link.localhost:{edge.Port} exempted"));
    }

    [Test]
    public async Task Proxy_that_inspects_TLS_is_recognised_where_its_authority_is_trusted()
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        using var authority = new InspectionAuthority();
        using var shown = authority.Issue("link.localhost");
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Intercept = shown });

        var failure = await FailureAsync(() => edge.Dialer(carrier, change: dial => dial with
        {
            ConnectTo = null,
            Proxy = new WebProxy(proxy.Url),
            TrustedAuthorities = [authority.Certificate],
        }).DialAsync(LinkPair.Hello(), CancellationToken.None));

        Assert.That(failure.Fault, Is.EqualTo(LinkConnectFault.Intercepted));
        Assert.That(failure.Message, Does.Contain(InspectionAuthority.Name).And.Contain("did not ask for the link certificate"));
    }

    [Test]
    public async Task Failed_dials_through_a_proxy_leave_no_tunnel_behind()
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        using var authority = new InspectionAuthority();
        using var shown = authority.Issue("link.localhost");
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Intercept = shown });

        for (var i = 0; i < 50; i++)
        {
            await FailureAsync(() => DialAsync(edge, new ProxyOptions { Url = Address(proxy) }, CancellationToken.None));
        }

        await Eventually.ThatAsync(() => proxy.Open == 0, "no tunnel open");
    }

    [Test]
    public async Task ProxyAddress_is_known_before_the_dial()
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        var through = new EdgeProxy(new ProxyOptions { Url = "http://proxy.corp.example:3128" }, addressIsNamed: false, TimeProvider.System);
        var around = new EdgeProxy(new ProxyOptions { Url = "http://proxy.corp.example:3128", Bypass = ["link.localhost"] }, addressIsNamed: false, TimeProvider.System);
        Uri? seen = null;

        foreach (var proxy in new[] { through, around })
        {
            var web = await proxy.ForDialAsync(CancellationToken.None);
            edge.Dialer(carrier, change: dial =>
            {
                dial = dial with { Proxy = web };
                seen = dial.ProxyAddress;
                return dial;
            });
            Assert.That(seen, Is.EqualTo(proxy == through ? new Uri("http://proxy.corp.example:3128") : null));
        }
    }

    private static string Address(ConnectProxy proxy) => proxy.Url.GetLeftPart(UriPartial.Authority);

    private string Secret(ConnectProxy proxy, string domain = "") => _directory.Write("proxy-credentials", $"{domain}{ConnectProxy.User}:{proxy.Password}\n");

    private Task<ILink> DialAsync(TlsCarrierFixture edge, ProxyOptions options, CancellationToken cancellationToken) =>
        DialAsync(edge, new EdgeProxy(options, addressIsNamed: false, TimeProvider.System), cancellationToken);

    private async Task<ILink> DialAsync(TlsCarrierFixture edge, EdgeProxy proxy, CancellationToken cancellationToken, bool keepAddress = false)
    {
        var web = await proxy.ForDialAsync(cancellationToken);
        return await edge.Dialer(carrier, change: dial => dial with { ConnectTo = keepAddress ? dial.ConnectTo : null, Proxy = web }).DialAsync(LinkPair.Hello(), cancellationToken);
    }

    private static async Task<LinkConnectException> FailureAsync(Func<Task> dial) => (await Assert.ThrowsAsync<LinkConnectException>(() => dial()))!;

    private static async Task<TcpClient> IdleTunnelAsync(ConnectProxy proxy, int port, CancellationToken cancellationToken)
    {
        var client = new TcpClient();
        await client.ConnectAsync(proxy.EndPoint, cancellationToken);
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"CONNECT idle.localhost:{port} HTTP/1.1\r\nHost: idle.localhost\r\n\r\n"), cancellationToken);
        await client.GetStream().ReadExactlyAsync(new byte["HTTP/1.1 200 Connection established\r\n\r\n".Length], cancellationToken);
        return client;
    }
}
