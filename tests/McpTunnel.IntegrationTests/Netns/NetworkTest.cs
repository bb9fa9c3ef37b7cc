using System.Runtime.Versioning;
using System.Text.Json;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Processes;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>What tests with <see cref="TwoNetworks"/> of their own share. One instance for each test.</summary>
[SupportedOSPlatform("linux")]
public abstract class NetworkTest
{
    /// <summary>Events of the client and the edge, as docs/events.md lists them.</summary>
    private protected const int LinkIsUp = 2001;
    private protected const int LinkEnded = 2003;
    private const int LinkClosedAtEdge = 3032;

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

    /// <summary>What a program's log says so far, by its own clock.</summary>
    private protected static List<(int Id, DateTimeOffset At, string Message)> Events(RunningProgram program) =>
    [
        .. program.ErrorSoFar.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] == '{')
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Select(entry => (entry.GetProperty("EventId").GetInt32(), entry.GetProperty("Timestamp").GetDateTimeOffset(), entry.GetProperty("Message").GetString()!)),
    ];

    /// <summary>Each end has written, 15 s at the latest after packets were swallowed, that so many links are dead.</summary>
    /// <param name="networks">The programs.</param>
    /// <param name="links">How many links led into the hole.</param>
    /// <param name="swallowed">Between which moments packets began to vanish.</param>
    /// <param name="cancellationToken">Ends the wait for the logs.</param>
    private protected static async Task NoticedWithin15SecondsAsync(
        TwoNetworks networks, int links, (DateTimeOffset First, DateTimeOffset Last) swallowed, CancellationToken cancellationToken)
    {
        foreach (var (end, program, ended) in new[] { ("client", networks.ClientProgram, LinkEnded), ("edge", networks.EdgeProgram, LinkClosedAtEdge) })
        {
            await UntilAsync(() => Task.FromResult(Noticed(program, ended).Count >= links), $"the {end} has noticed", cancellationToken);
            var last = Noticed(program, ended)[links - 1] - swallowed.Last;
            await TestContext.Out.WriteLineAsync($"{end}: {last.TotalSeconds:0.0} s.");
            Assert.That(last, Is.LessThanOrEqualTo(TimeSpan.FromSeconds(15)), end);
        }

        List<DateTimeOffset> Noticed(RunningProgram program, int ended) =>
            [.. Events(program).Where(entry => entry.Id == ended && entry.At >= swallowed.First).Select(entry => entry.At).Order()];
    }

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
