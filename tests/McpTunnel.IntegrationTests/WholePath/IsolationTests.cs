using System.Net;
using System.Net.Http.Headers;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>Two tunnels on one edge have nothing to do with each other.</summary>
[CancelAfter(120_000)]
public sealed class IsolationTests
{
    private TunnelFixture _path = null!;

    [SetUp]
    public async Task StartPath() => _path = await TunnelFixture.StartAsync(new TunnelFixtureOptions { Tunnels = ["acme", "globex"] });

    [TearDown]
    public async Task StopPath() => await _path.DisposeAsync();

    [Test]
    public async Task Agent_of_each_tunnel_reaches_its_own_server(CancellationToken cancellationToken)
    {
        foreach (var tunnel in _path.Tunnels)
        {
            await using var agent = await _path.ConnectAgentAsync(tunnel.UrlOf("docs"), "2026-07-28", tunnel);
            Assert.That(await agent.ListToolsAsync(cancellationToken: cancellationToken), Is.Not.Empty);
        }
    }

    [Test]
    public async Task Token_for_one_tunnels_server_is_worth_nothing_at_the_others(CancellationToken cancellationToken)
    {
        var (acme, globex) = (_path.Tunnels[0], _path.Tunnels[1]);
        using var request = new HttpRequestMessage(HttpMethod.Get, globex.UrlOf("docs"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _path.TokenFor(acme.UrlOf("docs")));

        using var response = await _path.CreateHttpClient(globex).SendAsync(request, cancellationToken);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task R23_name_of_the_other_tunnel_inside_a_connection_is_misdirected(CancellationToken cancellationToken)
    {
        var (acme, globex) = (_path.Tunnels[0], _path.Tunnels[1]);

        using var response = await _path.CreateHttpClient(acme, serverName: acme.UrlOf("docs").Host).GetAsync(globex.UrlOf("docs"), cancellationToken);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MisdirectedRequest));
    }

    [Test]
    public async Task Client_that_is_gone_takes_only_its_own_tunnel_with_it(CancellationToken cancellationToken)
    {
        var (acme, globex) = (_path.Tunnels[0], _path.Tunnels[1]);
        await acme.StopAsync();

        using var gone = _path.CreateHttpClient(acme);
        await Assert.ThatAsync(() => gone.GetAsync(acme.UrlOf("docs"), cancellationToken), Throws.InstanceOf<HttpRequestException>());
        await using var agent = await _path.ConnectAgentAsync(globex.UrlOf("docs"), "2026-07-28", globex);
        Assert.That(await agent.ListToolsAsync(cancellationToken: cancellationToken), Is.Not.Empty);
    }
}
