namespace McpTunnel.Client.Forwarding;

/// <summary>
/// Gives a request the body that it leaves with, after the forwarder, which wants to be the only one to make bodies, has looked. Thread-safe.
/// </summary>
internal sealed class UpstreamInvoker(HttpMessageHandler handler) : HttpMessageInvoker(handler)
{
    /// <summary>Headers about a body that the agent sent without one.</summary>
    public static readonly HttpRequestOptionsKey<List<KeyValuePair<string, IEnumerable<string?>>>> BodyHeaders = new("mcptunnel.body-headers");

    /// <summary>The body to send in place of the forwarder's.</summary>
    public static readonly HttpRequestOptionsKey<HttpContent> Body = new("mcptunnel.body");

    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is null)
        {
            AddEmptyBody(request);
        }
        else if (request.Options.TryGetValue(Body, out var body))
        {
            request.Content = body;
        }

        return base.SendAsync(request, cancellationToken);
    }

    private static void AddEmptyBody(HttpRequestMessage request)
    {
        var hasHeaders = request.Options.TryGetValue(BodyHeaders, out var headers);

        // A POST without content is one that the handler takes the liberty to send a second time.
        if (!hasHeaders && request.Method != HttpMethod.Post && request.Method != HttpMethod.Patch)
        {
            return;
        }

        request.Content = new EmptyContent();
        foreach (var (name, values) in headers ?? [])
        {
            request.Content.Headers.TryAddWithoutValidation(name, values);
        }
    }
}
