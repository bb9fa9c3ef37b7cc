using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using McpTunnel.TestKit;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>Calls reach a network into which no connection is possible.</summary>
[Category("Netns")]
[CancelAfter(180_000)]
[SupportedOSPlatform("linux")]
[Platform("Linux")]
[Parallelizable(ParallelScope.Self)]
public sealed class TwoNetworksTests
{
    private TwoNetworks _networks = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Requires.Root();
        Requires.DebianProgram("ip", "iproute2");
        Requires.DebianProgram("ss", "iproute2");
        Requires.DebianProgram("iptables", "iptables");
        _networks = await TwoNetworks.StartAsync(new TwoNetworksOptions { ByCommands = true });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_networks is not null)
        {
            await _networks.DisposeAsync();
        }
    }

    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    public async Task Agent_lists_and_calls_tools(string revision, CancellationToken cancellationToken)
    {
        using var http = _networks.CreateAgent(_networks.Token);
        var transport = new HttpClientTransport(new HttpClientTransportOptions { Endpoint = TwoNetworks.Url, TransportMode = HttpTransportMode.StreamableHttp }, http);
        await using var agent = await McpClient.CreateAsync(transport, new McpClientOptions { ProtocolVersion = revision }, cancellationToken: cancellationToken);

        var tools = await agent.ListToolsAsync(cancellationToken: cancellationToken);
        var echo = await agent.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "through" }, cancellationToken: cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That(agent.NegotiatedProtocolVersion, Is.EqualTo(revision));
            Assert.That(tools.Select(tool => tool.Name), Does.Contain("echo").And.Contain("add"));
            Assert.That(echo.Content.OfType<TextContentBlock>().Single().Text, Is.EqualTo("through"));
        });
    }

    [Test]
    public async Task Agent_without_a_token_gets_the_challenge(CancellationToken cancellationToken)
    {
        using var http = _networks.CreateAgent(null);

        using var response = await http.PostAsync(TwoNetworks.Url, new StringContent("{}"), cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(
                response.Headers.WwwAuthenticate.ToString(),
                Is.EqualTo($"Bearer resource_metadata=\"https://{TwoNetworks.Url.Host}/.well-known/oauth-protected-resource/mcp\", scope=\"mcp:tools\""));
        });
    }

    [TestCase(AddressFamily.InterNetwork)]
    [TestCase(AddressFamily.InterNetworkV6)]
    public async Task No_connection_into_the_private_network_is_possible(AddressFamily family, CancellationToken cancellationToken)
    {
        var inside = new IPEndPoint(family == AddressFamily.InterNetwork ? TwoNetworks.ClientAddress : TwoNetworks.ClientAddress6, 8081);
        using var listener = _networks.Client.NewSocket(family);
        listener.Bind(inside);
        listener.Listen();
        var before = await _networks.Firewall.DroppedInboundAsync(family);

        // From where the link ends: the edge's machine has a cable to the client's, and a listener waits there.
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var attempt = _networks.Edge.ConnectAsync(inside, giveUp.Token);
        while (!attempt.IsCompleted && await _networks.Firewall.DroppedInboundAsync(family) < before + 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }

        var connected = attempt.IsCompletedSuccessfully;
        await giveUp.CancelAsync();
        Assert.That(connected, Is.False, "a connection came through the filter");
        Assert.That(async () => await attempt, Throws.InstanceOf<OperationCanceledException>(), "the filter is silent");
        Assert.That(async () => await _networks.Agents.ConnectAsync(inside, cancellationToken), Throws.InstanceOf<SocketException>(), "agents have no route at all");
    }

    [Test]
    public async Task Client_uses_one_outbound_port_and_listens_on_loopback_alone(CancellationToken cancellationToken)
    {
        var before = await _networks.Firewall.SentToEdgeAsync();
        using var http = _networks.CreateAgent(_networks.Token);
        using var response = await http.GetAsync(TwoNetworks.Url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

        // -H no header, -t TCP, -u UDP, -a all states, -n numbers: Netid State Recv-Q Send-Q Local Peer
        var sockets = (await _networks.Client.RunAsync("ss", "-H", "-t", "-u", "-a", "-n"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Replace("[::ffff:", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(columns => !columns[4].StartsWith("127.0.0.1:", StringComparison.Ordinal))
            .ToArray();
        var outbound = await _networks.Firewall.SentToEdgeAsync();
        var elsewhere = await _networks.Firewall.DroppedOutboundAsync();

        await TestContext.Out.WriteLineAsync($"{outbound} packets to the edge's port, {elsewhere} to anywhere else, {sockets.Length} connections");
        Assert.Multiple(() =>
        {
            Assert.That(outbound, Is.GreaterThan(before));
            Assert.That(elsewhere, Is.Zero);
            Assert.That(sockets.Select(columns => (columns[0], columns[5])), Is.Not.Empty.And.All.EqualTo(("tcp", "10.91.2.1:443")));
        });
    }
}
