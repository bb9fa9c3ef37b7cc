// Newer revisions give these features up; the suite still asks for them, and the path must carry them.
#pragma warning disable MCP9005, MCP9006
using System.Net;
using McpTunnel.Cli.Demo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.AspNetCore;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.Npm;

/// <summary>
/// A server with the tools, resources and prompts that the conformance suite asks for by name, so that its scenarios use the path in every way
/// instead of ending at "tool not found": progress and log messages on the open stream, requests to the agent and their answers, a stream that
/// the server closes and the agent resumes, parameters in headers.
/// </summary>
internal sealed class SuiteServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SuiteServer(WebApplication app) => _app = app;

    /// <summary>The MCP endpoint, direct.</summary>
    public Uri Url => new(LoopbackApp.AddressOf(_app), "/mcp");

    public static async Task<SuiteServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddDistributedMemoryCache();
        builder.Services
            .AddMcpServer(options => options.ServerInfo = new Implementation { Name = "mcptunnel-suite", Version = "1.0.0" })
            .WithHttpTransport(options => options.SessionMode = HttpServerSessionMode.StatefulForInitializeClients)
            .WithDistributedCacheEventStreamStore()
            .WithTools<SuiteTools>()
            .WithTools<SuiteQuestions>()
            .WithResources<SuiteResources>()
            .WithPrompts<SuitePrompts>()
            .WithCompleteHandler((_, _) => ValueTask.FromResult(new CompleteResult { Completion = new Completion { Values = ["paris", "park"], Total = 2 } }))
            .WithSetLoggingLevelHandler((_, _) => ValueTask.FromResult(new EmptyResult()));
        var app = builder.Build();
        app.MapMcp("/mcp");
        await app.StartAsync();
        return new SuiteServer(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
