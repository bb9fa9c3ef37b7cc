using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.AspNetCore;
using ModelContextProtocol.Protocol;

namespace McpTunnel.Cli.Demo.Sample;

/// <summary>
/// A small MCP server over plain HTTP on a loopback port: what stands in a private network behind the client.
/// <list type="bullet">
/// <item><c>/mcp</c>: sessions for clients that initialize (2025-11-25 and before), stateless for 2026-07-28;</item>
/// <item><c>/mcp/stateless</c>: no sessions for anybody;</item>
/// <item><c>/mcp/stateful</c>: sessions only; refuses 2026-07-28, so that a client of both eras falls back.</item>
/// </list>
/// </summary>
internal sealed class SampleServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<ServiceProvider> _endpointServices = [];

    private SampleServer(WebApplication app) => _app = app;

    /// <summary>The endpoint that serves both protocol eras.</summary>
    public Uri Url => new(BaseUrl, "/mcp");

    /// <summary>Scheme, address and the port that was bound.</summary>
    public Uri BaseUrl { get; private set; } = null!;

    /// <summary>
    /// Listens on <paramref name="port"/> of 127.0.0.1 (0 takes a free one). <paramref name="time"/> is the clock of slow tools,
    /// <paramref name="observe"/> a middleware in front of everything, for tests.
    /// </summary>
    public static async Task<SampleServer> StartAsync(
        int port,
        TimeProvider time,
        ILoggerFactory? logging,
        Func<HttpContext, RequestDelegate, Task>? observe,
        CancellationToken cancellationToken)
    {
        var app = LoopbackApp.Build(port, logging);
        var server = new SampleServer(app);
        if (observe is not null)
        {
            app.Use(next => context => observe(context, next));
        }

        server.MapEndpoint("/mcp", HttpServerSessionMode.StatefulForInitializeClients, time, logging);
        server.MapEndpoint("/mcp/stateless", HttpServerSessionMode.Stateless, time, logging);
        server.MapEndpoint("/mcp/stateful", HttpServerSessionMode.Stateful, time, logging);
        await app.StartAsync(cancellationToken);
        server.BaseUrl = LoopbackApp.AddressOf(app);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        foreach (var services in _endpointServices)
        {
            await services.DisposeAsync();
        }
    }

    /// <summary>Session mode is an option of the whole container, so each endpoint has a container of its own.</summary>
    private void MapEndpoint(string path, HttpServerSessionMode mode, TimeProvider time, ILoggerFactory? logging)
    {
        var services = new ServiceCollection();
        services.AddSingleton(_app.Lifetime);
        services.AddLogging();
        if (logging is not null)
        {
            services.Replace(ServiceDescriptor.Singleton(logging));
        }

        services
            .AddMcpServer(options => options.ServerInfo = new Implementation { Name = "mcptunnel-sample", Version = "1.0.0" })
            .WithHttpTransport(options => options.SessionMode = mode)
            .WithTools(new SampleTools(time))
            .WithResources<SampleResources>()
            .WithPrompts<SamplePrompts>();
        var provider = services.BuildServiceProvider();
        _endpointServices.Add(provider);
        new EndpointsOver(_app, provider).MapMcp(path);
    }
}
