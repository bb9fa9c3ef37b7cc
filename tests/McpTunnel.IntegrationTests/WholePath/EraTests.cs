using System.Text.Json;
using System.Threading.Channels;
using McpTunnel.TestKit.WholePath;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>The C# MCP client through edge, link and boundary to the sample server, in both protocol eras.</summary>
[CancelAfter(120_000)]
public sealed class EraTests
{
    private TunnelFixture _path = null!;
    private Uri _url = null!;

    [OneTimeSetUp]
    public async Task StartPath()
    {
        _path = await TunnelFixture.StartAsync();
        _url = _path.Tunnel.UrlOf("docs");
    }

    [OneTimeTearDown]
    public async Task StopPath() => await _path.DisposeAsync();

    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    public async Task Tools_are_listed_and_called(string version, CancellationToken cancellationToken)
    {
        await using var agent = await _path.ConnectAgentAsync(_url, version);

        var tools = await agent.ListToolsAsync(cancellationToken: cancellationToken);
        var echo = await agent.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "grüße, 世界" }, cancellationToken: cancellationToken);
        var sum = await agent.CallToolAsync("add", new Dictionary<string, object?> { ["a"] = 2, ["b"] = 40 }, cancellationToken: cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That(agent.NegotiatedProtocolVersion, Is.EqualTo(version));
            Assert.That(tools.Select(tool => tool.Name), Does.Contain("echo").And.Contain("add").And.Contain("countdown"));
            Assert.That(Text(echo), Is.EqualTo("grüße, 世界"));
            Assert.That(sum.StructuredContent?.GetProperty("result").GetDouble(), Is.EqualTo(42));
        });
    }

    [Test]
    public async Task R8_session_of_the_legacy_era_reaches_the_server_and_comes_back()
    {
        await using var legacy = await _path.ConnectAgentAsync(_url, "2025-11-25");
        await using var modern = await _path.ConnectAgentAsync(_url, "2026-07-28");

        Assert.That((legacy.SessionId, modern.SessionId), Is.EqualTo((legacy.SessionId, (string?)null)));
        Assert.That(legacy.SessionId, Is.Not.Empty);
    }

    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    public async Task R11_server_asks_back_while_the_call_is_open(string version, CancellationToken cancellationToken)
    {
        var handlers = new McpClientHandlers
        {
            ElicitationHandler = (_, _) => ValueTask.FromResult(new ElicitResult
            {
                Action = "accept",
                Content = new Dictionary<string, JsonElement> { ["name"] = JsonSerializer.SerializeToElement("Ada") },
            }),
        };
        await using var agent = await _path.ConnectAgentAsync(_url, version, handlers: handlers);

        var greeting = await agent.CallToolAsync("greet", cancellationToken: cancellationToken);

        Assert.That(Text(greeting), Is.EqualTo("Hello, Ada!"));
    }

    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    public async Task R1_progress_arrives_while_the_tool_still_runs(string version, CancellationToken cancellationToken)
    {
        await using var agent = await _path.ConnectAgentAsync(_url, version);
        var steps = Channel.CreateUnbounded<int>();
        await using var registration = agent.RegisterNotificationHandler(
            NotificationMethods.ProgressNotification,
            (notification, _) => steps.Writer.WriteAsync(notification.Params!["progress"]!.GetValue<int>(), cancellationToken));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // Ten minutes if nobody stopped it: a path that buffers would deliver the first step after that.
        var call = agent.CallToolAsync(
            "countdown",
            new Dictionary<string, object?> { ["steps"] = 600, ["intervalMilliseconds"] = 1000 },
            new Progress<ProgressNotificationValue>(),
            cancellationToken: stop.Token).AsTask();
        var first = await steps.Reader.ReadAsync(cancellationToken);
        var wasRunning = !call.IsCompleted;
        await stop.CancelAsync();

        Assert.That((first, wasRunning), Is.EqualTo((1, true)));
        Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>());
    }

    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    public async Task Error_of_a_tool_stays_an_error_of_the_tool(string version, CancellationToken cancellationToken)
    {
        await using var agent = await _path.ConnectAgentAsync(_url, version);

        var result = await agent.CallToolAsync("fail", cancellationToken: cancellationToken);

        Assert.That((result.IsError, Text(result)), Is.EqualTo(((bool?)true, "This tool always fails.")));
    }

    private static string Text(CallToolResult result) => string.Concat(result.Content.OfType<TextContentBlock>().Select(block => block.Text));
}
