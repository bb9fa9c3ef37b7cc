using McpTunnel.TestKit;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>What an agent's user learns who mistyped a server's name.</summary>
[CancelAfter(60_000)]
public sealed class WrongNameTests
{
    [Test]
    public async Task Server_that_the_tunnel_has_not_is_named_as_the_reason_to_agent_and_operator()
    {
        await using var path = await TunnelFixture.StartAsync();
        using var http = path.CreateHttpClient();

        var failure = (await Assert.CatchAsync<HttpRequestException>(() => http.GetAsync(path.Tunnel.UrlOf("dcos"))))!;

        Assert.That(failure.ToString(), Does.Contain("unrecognized name"));
        await Eventually.ThatAsync(() => path.Tunnel.Log.Contains(" 1003: ") && path.Tunnel.Log.Contains($"unknown_name: no server of this client is called dcos.{path.Tunnel.Domain}"), "the client's line about it");
    }
}
