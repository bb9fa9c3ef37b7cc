using System.Runtime.Versioning;
using McpTunnel.TestKit;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>What tests with <see cref="TwoNetworks"/> of their own share. One instance for each test.</summary>
[SupportedOSPlatform("linux")]
public abstract class NetworkTest
{
    private TwoNetworks? _networks;

    [SetUp]
    public void Parts()
    {
        Requires.Root();
        Requires.DebianProgram("ip", "iproute2");
        Requires.DebianProgram("iptables", "iptables");
        Requires.Path("/dev/net/tun", "Load the kernel's module tun: modprobe tun");
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (_networks is not null)
        {
            await _networks.DisposeAsync();
        }
    }

    private protected async Task<TwoNetworks> StartAsync(TwoNetworksOptions options) => _networks = await TwoNetworks.StartAsync(options);

    /// <summary>Whether a carrier needs UDP; skips the test where it needs a library that is not here.</summary>
    private protected static bool NeedsUdp(string carrier)
    {
        if (carrier != "quic")
        {
            return false;
        }

        Requires.Quic();
        return true;
    }

    private protected static async Task<McpClient> ConnectAsync(TwoNetworks networks, CancellationToken cancellationToken)
    {
        var transport = new HttpClientTransport(
            new HttpClientTransportOptions { Endpoint = TwoNetworks.Url, TransportMode = HttpTransportMode.StreamableHttp }, networks.CreateAgent(networks.Token), ownsHttpClient: true);
        return await McpClient.CreateAsync(transport, new McpClientOptions { ProtocolVersion = "2025-11-25" }, cancellationToken: cancellationToken);
    }

    /// <summary>A call with a body both ways, which has to come back as it was.</summary>
    private protected static async Task EchoAsync(TwoNetworks networks, int length, CancellationToken cancellationToken)
    {
        var message = string.Create(length, 0, static (text, _) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = (char)('a' + (i * 31L + i / 26) % 26);
            }
        });
        await using var agent = await ConnectAsync(networks, cancellationToken);
        var answer = await agent.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = message }, cancellationToken: cancellationToken);
        Assert.That(((TextContentBlock)answer.Content.Single()).Text == message, Is.True, "what was sent came back");
    }

    private protected static Task CallAsync(TwoNetworks networks, CancellationToken cancellationToken) => EchoAsync(networks, 16, cancellationToken);

    private protected static async Task UntilAsync(Func<Task<bool>> condition, string what, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(120), TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        while (!await condition())
        {
            Assert.That(either.IsCancellationRequested, Is.False, $"Not within 120 s: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
        }
    }
}
