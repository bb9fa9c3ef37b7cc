using System.Runtime.Versioning;
using McpTunnel.TestKit;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>Calls reach a network from which packets go to a proxy with credentials and nowhere else, not even to DNS.</summary>
[Category("Netns")]
[CancelAfter(180_000)]
[SupportedOSPlatform("linux")]
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
public sealed class ProxyNetworkTests
{
    [Test]
    public async Task F14_only_a_proxy_with_Basic_lets_packets_out_and_calls_arrive(CancellationToken cancellationToken)
    {
        Requires.Root();
        Requires.DebianProgram("ip", "iproute2");
        Requires.DebianProgram("iptables", "iptables");
        await using var networks = await TwoNetworks.StartAsync(new TwoNetworksOptions { BehindProxy = true, ByCommands = true });
        using var http = networks.CreateAgent(networks.Token);
        var transport = new HttpClientTransport(new HttpClientTransportOptions { Endpoint = TwoNetworks.Url, TransportMode = HttpTransportMode.StreamableHttp }, http);
        await using var agent = await McpClient.CreateAsync(transport, cancellationToken: cancellationToken);

        var echo = await agent.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "through" }, cancellationToken: cancellationToken);
        await Eventually.ThatAsync(() => networks.Proxy!.Open == 4, "all links up");

        Assert.That(echo.Content.OfType<TextContentBlock>().Single().Text, Is.EqualTo("through"));
        Assert.That(networks.Proxy!.Requests.Select(request => request.Line).Distinct(), Is.EqualTo(new[] { "CONNECT edge.test:443 HTTP/1.1", "CONNECT link.edge.test:443 HTTP/1.1" }));
        Assert.That(networks.Proxy.Requests.Select(request => request.Status).Distinct(), Is.EquivalentTo(new[] { 407, 200 }));
        Assert.That(await networks.Firewall.DroppedOutboundAsync(), Is.Zero, "nothing was tried but the proxy: no UDP, no DNS");
    }
}
