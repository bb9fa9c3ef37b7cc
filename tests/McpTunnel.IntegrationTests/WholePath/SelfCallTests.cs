using McpTunnel.Client.Linking;
using McpTunnel.Client.SelfCalls;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Network;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>The client calls itself through the edge, as an agent does.</summary>
[CancelAfter(180_000)]
public sealed class SelfCallTests
{
    private static readonly TunnelFixtureOptions Options = new() { Links = 2, SelfCalls = true, LinksYaml = ["selfCallEvery: 1s"] };

    [Test]
    public async Task Client_is_ready_once_every_link_has_served_a_call_of_its_own_of_which_no_log_and_no_upstream_hears()
    {
        await using var path = await TunnelFixture.StartAsync(Options);

        await Eventually.ThatAsync(() => path.Tunnel.Client.Status.Readiness is { Ready: true, SelfCall: { State: SelfCallState.Good, Links: 2 } }, "both links have served a call");

        using var http = new HttpClient { BaseAddress = path.Tunnel.Client.ManagementUrl };
        var metrics = await http.GetStringAsync("/metrics");
        var readiness = await http.GetStringAsync("/readyz");
        Assert.Multiple(() =>
        {
            Assert.That(path.Tunnel.Log.Contains(" 2100:"), Is.False, "the access log");
            Assert.That(metrics, Does.Match("mcptunnel_client_self_calls_total\\{[^}]*result=\"served\"[^}]*\\} [2-9]").And.Not.Contain("mcptunnel_client_upstream_connects_total"));
            Assert.That(readiness, Does.Contain("\"selfCall\":{").And.Contain("\"at\":"));
        });
    }

    [Test]
    public async Task F18_links_that_answer_control_messages_and_carry_no_calls_make_the_client_unready_and_are_replaced()
    {
        var serving = true;
        await using var path = await TunnelFixture.StartAsync(Options with
        {
            ClientSettings = settings => settings with
            {
                Serves = _ => Volatile.Read(ref serving),
                SelfCalls = new SelfCallOptions { Patience = TimeSpan.FromSeconds(2), AgainAfterFailure = TimeSpan.FromSeconds(1), AllLinksEvery = TimeSpan.FromSeconds(3), ReplaceEvery = TimeSpan.FromSeconds(1) },
            },
        });
        await Eventually.ThatAsync(() => path.Tunnel.Client.Status.Readiness.Ready, "ready at first");

        // From here on links come up, answer, and nobody takes their streams.
        Volatile.Write(ref serving, false);
        await path.RestartEdgeAsync();
        await Eventually.ThatAsync(
            () => path.Tunnel.Client.Status is { Readiness: { Ready: false, SelfCall: { State: SelfCallState.Failed, Problem: { } problem } } } status
                && problem.Contains("nothing came back from beyond it", StringComparison.Ordinal) && status.Links.All(link => link.State == LinkSlotState.Up),
            "unready though all links are up");
        var reason = path.Tunnel.Client.Status.Readiness.Reasons.Single();
        var silent = path.Tunnel.Client.Status.Links.Select(link => link.LinkId).ToList();

        Volatile.Write(ref serving, true);
        await Eventually.ThatAsync(() => path.Tunnel.Client.Status.Readiness is { Ready: true, SelfCall.Links: 2 }, "ready again");

        Assert.That(reason, Does.StartWith("Calls of this client to itself through the edge fail, last ").And.Contain("nothing came back from beyond it").And.Contain("selfCallEvery"));
        Assert.That(path.Tunnel.Client.Status.Links.Select(link => link.LinkId).Intersect(silent), Is.Empty, "new links in place of the silent ones");
        Assert.That(path.Tunnel.Log.Contains(" 2150:") && path.Tunnel.Log.Contains(" 2151:") && path.Tunnel.Log.Contains(" 2152:"), "the log says so");
        using var http = path.CreateHttpClient(token: path.TokenFor(path.Tunnel.UrlOf("docs")));
        using var response = await http.GetAsync(path.Tunnel.UrlOf("docs", "/.well-known/oauth-protected-resource"));
        Assert.That((int)response.StatusCode, Is.EqualTo(200));
    }

    [Test]
    public async Task F14_own_certificate_of_a_proxy_on_the_way_is_not_taken_for_somebody_in_between(CancellationToken cancellationToken)
    {
        await using var path = await TunnelFixture.StartAsync(Options);
        using var authority = new InspectionAuthority();
        using var own = authority.Issue("localhost");
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { OwnCertificate = own });
        await path.Tunnel.StopAsync();
        await File.AppendAllTextAsync(path.EdgeCaFile, "\n" + authority.Certificate.ExportCertificatePem() + "\n", cancellationToken);
        var configuration = await File.ReadAllTextAsync(path.Tunnel.ConfigurationFile, cancellationToken);
        await File.WriteAllTextAsync(path.Tunnel.ConfigurationFile, $"{configuration}\nproxy:\n  url: {proxy.Url}\n", cancellationToken);

        await path.Tunnel.StartAsync();
        await Eventually.ThatAsync(() => path.Tunnel.Client.Status.Readiness is { Ready: true, SelfCall: { State: SelfCallState.Good, Links: 2 } }, "calls come back through the proxy");

        Assert.That(path.Tunnel.Client.Status.Readiness.SelfCall!.Warning, Is.Null);
        Assert.That(path.Tunnel.Log.Contains(" 2153:"), Is.False);
        Assert.That(proxy.Requests, Has.Count.GreaterThan(2), "links and calls went through it");
    }

    [Test]
    public async Task Request_that_looks_like_such_a_call_tells_a_stranger_nothing()
    {
        await using var path = await TunnelFixture.StartAsync();
        using var http = path.CreateHttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Trace, path.Tunnel.UrlOf("docs"));
        request.Headers.Add(SelfCallMiddleware.Header, "0123456789abcdef0123456789abcdef");

        using var response = await http.SendAsync(request);

        Assert.That((int)response.StatusCode, Is.EqualTo(204));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.Empty);
        Assert.That(response.Headers.Select(header => header.Key), Is.EquivalentTo(new[] { "Date" }));
    }
}
