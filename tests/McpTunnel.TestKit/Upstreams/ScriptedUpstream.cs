using System.Collections.Concurrent;
using System.Threading.Channels;
using McpTunnel.Cli.Demo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace McpTunnel.TestKit.Upstreams;

/// <summary>
/// An HTTP server on loopback that does exactly what a test says (see <see cref="Behaviour"/>), and remembers what it was asked and
/// which requests were aborted under it.
/// </summary>
public sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<RecordedRequest> _requests = new();
    private readonly Channel<RecordedRequest> _aborted = Channel.CreateUnbounded<RecordedRequest>();
    private volatile RequestDelegate _behaviour;

    private ScriptedUpstream(WebApplication app, RequestDelegate behaviour)
    {
        _app = app;
        _behaviour = behaviour;
    }

    /// <summary>The MCP endpoint: this server's address with the path <c>/mcp</c>.</summary>
    public Uri Url => new(LoopbackApp.AddressOf(_app), "/mcp");

    /// <summary>What was asked so far, oldest first.</summary>
    public IReadOnlyList<RecordedRequest> Requests => [.. _requests];

    /// <summary>Whether bodies are read and kept before the behaviour runs. Off for uploads too large to keep.</summary>
    public bool RecordsBodies { get; set; } = true;

    /// <summary>Completes with the next request whose connection went away before its response was complete.</summary>
    public ValueTask<RecordedRequest> NextAbortAsync(CancellationToken cancellationToken) => _aborted.Reader.ReadAsync(cancellationToken);

    /// <summary>Starts a server that answers every request with <paramref name="behaviour"/>; on a free port when 0.</summary>
    public static async Task<ScriptedUpstream> StartAsync(RequestDelegate behaviour, int port = 0)
    {
        var app = LoopbackApp.Build(port, null);
        var upstream = new ScriptedUpstream(app, behaviour);
        app.Run(upstream.AnswerAsync);
        await app.StartAsync(CancellationToken.None);
        return upstream;
    }

    /// <summary>Answers from now on with something else.</summary>
    public void Become(RequestDelegate behaviour) => _behaviour = behaviour;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = await RecordAsync(context);
        await using var watch = context.RequestAborted.Register(() => _aborted.Writer.TryWrite(request));
        try
        {
            await _behaviour(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The request's end is what the test waits for, through NextAbortAsync.
        }
    }

    private async Task<RecordedRequest> RecordAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        if (RecordsBodies)
        {
            // Buffered, so that a behaviour can read the body too.
            context.Request.EnableBuffering();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            context.Request.Body.Position = 0;
        }

        var headers = context.Request.Headers.SelectMany(header => header.Value, (header, value) => KeyValuePair.Create(header.Key, value ?? ""));
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var request = new RecordedRequest(context.Request.Method, target, [.. headers], body.ToArray());
        _requests.Enqueue(request);
        return request;
    }
}
