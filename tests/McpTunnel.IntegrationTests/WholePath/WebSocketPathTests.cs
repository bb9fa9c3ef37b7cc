using McpTunnel.Client.Linking;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Network;
using McpTunnel.TestKit.WholePath;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>Calls over the websocket carrier, and out through a corporate proxy, from configuration files.</summary>
[CancelAfter(120_000)]
public sealed class WebSocketPathTests
{
    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    public async Task F14_call_goes_over_websocket_through_a_proxy_with_credentials(string version, CancellationToken cancellationToken)
    {
        using var directory = new ScratchDirectory();
        var secret = directory.Write("proxy-credentials", $"{ConnectProxy.User}:correct:horse\n");
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Challenges = ["Basic realm=\"corp\""] });
        await using var fixture = await TunnelFixture.StartAsync(new TunnelFixtureOptions
        {
            LinksYaml = ["carriers: [websocket]"],
            ClientYaml = ["proxy:", $"  url: http://127.0.0.1:{proxy.EndPoint.Port}", $"  credentialsFile: {secret}"],
        });

        await using var agent = await fixture.ConnectAgentAsync(fixture.Tunnel.UrlOf("docs"), version);
        var answer = await agent.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = new string('x', 300_000) }, cancellationToken: cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That(((TextContentBlock)answer.Content.Single()).Text, Does.Contain(new string('x', 300_000)));
            Assert.That(fixture.Tunnel.Client.Status.Links.Single().Carrier, Is.EqualTo("websocket"));
            Assert.That(proxy.Requests.Select(request => request.Line).Distinct().Single(), Does.StartWith("CONNECT 127.0.0.1:"));
            Assert.That(fixture.Tunnel.Log.Contains("proxy http://127.0.0.1"), Is.True);
            Assert.That(fixture.Tunnel.Log.Contains("correct:horse"), Is.False);
        });
    }

    [Test]
    public async Task Network_that_lets_only_WebSocket_upgrades_pass_is_crossed_on_websocket(CancellationToken cancellationToken)
    {
        await using var fixture = await TunnelFixture.StartAsync(new TunnelFixtureOptions { WebSocketOnly = true, LinksYaml = ["carriers: [tls, websocket]"] });

        await using var agent = await fixture.ConnectAgentAsync(fixture.Tunnel.UrlOf("docs"), "2025-11-25");
        var tools = await agent.ListToolsAsync(cancellationToken: cancellationToken);

        Assert.That(tools, Is.Not.Empty);
        Assert.That(fixture.Tunnel.Client.Status.Links.Single(), Has.Property(nameof(LinkSlotStatus.Carrier)).EqualTo("websocket"));
    }
}
