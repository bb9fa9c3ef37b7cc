using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;

namespace McpTunnel.Cli.Demo.Agents;

/// <summary>Notes every exchange of the agent on its way out and back.</summary>
internal sealed class ExchangeRecorder(HttpMessageHandler inner, TimeProvider time) : DelegatingHandler(inner)
{
    private readonly ConcurrentQueue<AgentExchange> _exchanges = new();

    public IReadOnlyList<AgentExchange> Exchanges => [.. _exchanges];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // One connection for everything, where the other side can: its hops are then those of every exchange.
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        var method = await McpMethodAsync(request, cancellationToken);
        var started = time.GetTimestamp();
        var response = await base.SendAsync(request, cancellationToken);
        _exchanges.Enqueue(new AgentExchange(
            $"{request.Method} {request.RequestUri?.AbsolutePath}", method, (int)response.StatusCode, time.GetElapsedTime(started)));
        return response;
    }

    private static async Task<string?> McpMethodAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is null)
        {
            return null;
        }

        await request.Content.LoadIntoBufferAsync(cancellationToken);
        using var body = JsonDocument.Parse(await request.Content.ReadAsByteArrayAsync(cancellationToken));
        return body.RootElement.TryGetProperty("method", out var method) ? method.GetString() : null;
    }
}
