// Newer revisions give these features up; the suite still asks for them, and the path must carry them.
#pragma warning disable MCP9005
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpTunnel.IntegrationTests.Npm;

/// <summary>Tools that answer by themselves; names and texts are the suite's.</summary>
internal sealed class SuiteTools
{
    private const string Reconnected = "Reconnection test completed";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    [McpServerTool(Name = "test_simple_text")]
    public static string SimpleText() => "This is a simple text response for testing.";

    [McpServerTool(Name = "test_image_content")]
    public static ContentBlock Image() => SuiteData.Image;

    [McpServerTool(Name = "test_audio_content")]
    public static ContentBlock Audio() => AudioContentBlock.FromBytes(SuiteData.Wav, "audio/wav");

    [McpServerTool(Name = "test_embedded_resource")]
    public static ContentBlock EmbeddedResource() => new EmbeddedResourceBlock
    {
        Resource = new TextResourceContents { Uri = "test://embedded-resource", MimeType = "text/plain", Text = "This is an embedded resource content." },
    };

    [McpServerTool(Name = "test_multiple_content_types")]
    public static IEnumerable<ContentBlock> Several() =>
    [
        new TextContentBlock { Text = "Multiple content types test:" },
        SuiteData.Image,
        new EmbeddedResourceBlock
        {
            Resource = new TextResourceContents { Uri = "test://mixed-content-resource", MimeType = "application/json", Text = """{"test":"data","value":123}""" },
        },
    ];

    [McpServerTool(Name = "test_error_handling")]
    public static CallToolResult Error() => new()
    {
        IsError = true,
        Content = [new TextContentBlock { Text = "This tool intentionally returns an error for testing" }],
    };

    [McpServerTool(Name = "test_tool_with_logging")]
    public static async Task<string> LogAsync(McpServer server, CancellationToken cancellationToken)
    {
        foreach (var message in new[] { "Tool execution started", "Tool processing data", "Tool execution completed" })
        {
            var parameters = new LoggingMessageNotificationParams { Level = LoggingLevel.Info, Data = System.Text.Json.JsonSerializer.SerializeToElement(message) };
            await server.SendNotificationAsync(NotificationMethods.LoggingMessageNotification, parameters, cancellationToken: cancellationToken);
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }

        return "Logged.";
    }

    [McpServerTool(Name = "test_tool_with_progress")]
    public static async Task<string> ProgressAsync(RequestContext<CallToolRequestParams> context, CancellationToken cancellationToken)
    {
        foreach (var progress in new[] { 0, 50, 100 })
        {
            if (context.Params?.ProgressToken is { } token)
            {
                await context.Server.NotifyProgressAsync(token, new ProgressNotificationValue { Progress = progress, Total = 100 }, cancellationToken: cancellationToken);
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }

        return "Done.";
    }

    /// <summary>Closes the response in the middle of the call; the agent comes back with <c>Last-Event-ID</c>.</summary>
    [McpServerTool(Name = "test_reconnection")]
    public static async Task<string> ReconnectAsync(RequestContext<CallToolRequestParams> context, CancellationToken cancellationToken)
    {
        await context.EnablePollingAsync(TimeSpan.FromMilliseconds(500), cancellationToken);
        await Task.Delay(2 * Pause, TimeProvider.System, cancellationToken);
        return Reconnected;
    }

    [McpServerTool(Name = "test_headers")]
    public static string InHeader([McpHeader("Region")] string region) => region;
}
