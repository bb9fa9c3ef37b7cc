using System.Text.Json;

namespace McpTunnel.Cli.Demo.Agents;

/// <summary>A call without a token, and what the boundary answered.</summary>
/// <param name="Status">The status; 401 when all is well.</param>
/// <param name="Challenge">The <c>WWW-Authenticate</c> header.</param>
/// <param name="MetadataUrl">Where the challenge sent the agent (RFC 9728).</param>
/// <param name="AuthorizationServers">What it found there.</param>
/// <param name="Elapsed">From sending until the answer.</param>
internal sealed record RefusedCall(int Status, string? Challenge, string? MetadataUrl, IReadOnlyList<string> AuthorizationServers, TimeSpan Elapsed)
{
    private const string ToolsList = """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""";

    /// <summary>Makes the call and follows the challenge, as an agent that has no token yet would.</summary>
    public static async Task<RefusedCall> MakeAsync(Uri url, MeasuringConnector connector, TimeProvider time, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(connector.NewHandler());
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(ToolsList, null, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        var started = time.GetTimestamp();
        using var response = await http.SendAsync(request, cancellationToken);
        var elapsed = time.GetElapsedTime(started);

        var challenge = response.Headers.WwwAuthenticate.FirstOrDefault();
        var metadata = challenge?.Parameter is { } parameters ? Parameter(parameters, "resource_metadata") : null;
        var servers = metadata is null ? [] : await AuthorizationServersAsync(http, metadata, cancellationToken);
        return new RefusedCall((int)response.StatusCode, challenge?.ToString(), metadata, servers, elapsed);
    }

    private static async Task<IReadOnlyList<string>> AuthorizationServersAsync(HttpClient http, string url, CancellationToken cancellationToken)
    {
        using var document = JsonDocument.Parse(await http.GetByteArrayAsync(new Uri(url), cancellationToken));
        return [.. document.RootElement.GetProperty("authorization_servers").EnumerateArray().Select(server => server.GetString() ?? "")];
    }

    /// <summary>A quoted parameter of a challenge; values with escapes do not occur in ours.</summary>
    private static string? Parameter(string parameters, string name)
    {
        var start = parameters.IndexOf(name + "=\"", StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        start += name.Length + 2;
        var end = parameters.IndexOf('"', start);
        return end < 0 ? null : parameters[start..end];
    }
}
