using System.Text.Json;
using System.Threading.Channels;
using McpTunnel.Cli.Demo.Sample;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.Demo;

[CancelAfter(30_000)]
public sealed class SampleServerTests
{
    private SampleServer _server = null!;

    [SetUp]
    public async Task SetUp() => _server = await SampleServer.StartAsync(0, TimeProvider.System, null, null, CancellationToken.None);

    [TearDown]
    public async Task TearDown() => await _server.DisposeAsync();

    [TestCase("/mcp", "2025-11-25", true)]
    [TestCase("/mcp", "2026-07-28", false)]
    [TestCase("/mcp/stateless", "2025-11-25", false)]
    [TestCase("/mcp/stateless", "2026-07-28", false)]
    [TestCase("/mcp/stateful", "2025-11-25", true)]
    public async Task Endpoint_serves_the_era_asked_for(string path, string version, bool hasSession, CancellationToken cancellationToken)
    {
        await using var client = await ConnectAsync(path, version, cancellationToken);

        var tools = await client.ListToolsAsync(cancellationToken: cancellationToken);
        var sum = await client.CallToolAsync("add", new Dictionary<string, object?> { ["a"] = 2, ["b"] = 40 }, cancellationToken: cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That(client.NegotiatedProtocolVersion, Is.EqualTo(version));
            Assert.That(client.SessionId, hasSession ? Is.Not.Null : Is.Null);
            Assert.That(tools.Select(tool => tool.Name), Is.EquivalentTo(new[] { "echo", "add", "measure", "countdown", "greet", "fail" }));
            Assert.That(sum.StructuredContent?.GetProperty("result").GetDouble(), Is.EqualTo(42));
        });
    }

    [Test]
    public async Task Stateful_endpoint_makes_a_client_of_both_eras_fall_back(CancellationToken cancellationToken)
    {
        await using var client = await ConnectAsync("/mcp/stateful", null, cancellationToken);

        Assert.That(client.NegotiatedProtocolVersion, Is.EqualTo("2025-11-25"));
    }

    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    public async Task Greet_asks_the_user_in_either_era(string version, CancellationToken cancellationToken)
    {
        await using var client = await ConnectAsync("/mcp", version, cancellationToken);

        var result = await client.CallToolAsync("greet", cancellationToken: cancellationToken);

        Assert.That(result.Content.OfType<TextContentBlock>().Single().Text, Is.EqualTo("Hello, Ada!"));
    }

    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    public async Task Countdown_reports_progress_while_it_runs(string version, CancellationToken cancellationToken)
    {
        await using var client = await ConnectAsync("/mcp", version, cancellationToken);
        var steps = Channel.CreateUnbounded<int>();
        await using var registration = client.RegisterNotificationHandler(
            NotificationMethods.ProgressNotification,
            (notification, _) => steps.Writer.WriteAsync(notification.Params!["progress"]!.GetValue<int>(), cancellationToken));

        var result = await client.CallToolAsync(
            "countdown",
            new Dictionary<string, object?> { ["steps"] = 3, ["intervalMilliseconds"] = 1 },
            new Progress<ProgressNotificationValue>(),
            cancellationToken: cancellationToken);

        Assert.That(result.IsError, Is.Not.True);
        int[] seen = [await steps.Reader.ReadAsync(cancellationToken), await steps.Reader.ReadAsync(cancellationToken), await steps.Reader.ReadAsync(cancellationToken)];
        Assert.That(seen, Is.EquivalentTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public async Task Resource_and_prompt_are_served(CancellationToken cancellationToken)
    {
        await using var client = await ConnectAsync("/mcp", null, cancellationToken);

        var resource = await client.ReadResourceAsync("sample://about", cancellationToken: cancellationToken);
        var prompt = await client.GetPromptAsync("summarize", new Dictionary<string, object?> { ["topic"] = "tunnels" }, cancellationToken: cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That(resource.Contents.OfType<TextResourceContents>().Single().Text, Does.Contain("outbound-only"));
            Assert.That(((TextContentBlock)prompt.Messages.Single().Content).Text, Does.Contain("tunnels"));
        });
    }

    private Task<McpClient> ConnectAsync(string path, string? version, CancellationToken cancellationToken) => McpClient.CreateAsync(
        new HttpClientTransport(new HttpClientTransportOptions { Endpoint = new Uri(_server.BaseUrl, path), TransportMode = HttpTransportMode.StreamableHttp }),
        new McpClientOptions
        {
            ProtocolVersion = version,
            Handlers = new McpClientHandlers
            {
                ElicitationHandler = (_, _) => ValueTask.FromResult(new ElicitResult
                {
                    Action = "accept",
                    Content = new Dictionary<string, JsonElement> { ["name"] = JsonSerializer.SerializeToElement("Ada") },
                }),
            },
        },
        cancellationToken: cancellationToken);
}
