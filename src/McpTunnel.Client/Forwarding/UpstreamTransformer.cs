using System.Net;
using System.Net.Http.Headers;
using McpTunnel.Client.Calls;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Forwarder;

namespace McpTunnel.Client.Forwarding;

/// <summary>
/// Writes the request to one upstream and takes its answer over, changing nothing but what belongs to a connection and to us.
/// Does not call its base, whose list of headers to leave out is longer. Immutable.
/// </summary>
internal sealed class UpstreamTransformer(ServerOptions options, ServerAddress address, TimeProvider time) : HttpTransformer
{
    // The path was judged as it stands; parsing must not make another one of it.
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly string _origin = options.Upstream.GetLeftPart(UriPartial.Authority);

    public override ValueTask TransformRequestAsync(HttpContext context, HttpRequestMessage request, string destinationPrefix, CancellationToken cancellationToken)
    {
        var call = context.GetCall();
        var body = request.Content;
        if (body is not null && IsHere(context.Request))
        {
            body = new GatheredContent(body);
            request.Options.Set(UpstreamInvoker.Body, body);
        }

        request.RequestUri = new Uri(_origin + call.Target, AsWritten);
        var named = NamedByConnection(context.Request.Headers.Connection);
        foreach (var (name, values) in context.Request.Headers)
        {
            if (HeaderRules.PassesToUpstream(name) && named?.Contains(name) != true)
            {
                AddHeader(request, body, name, values);
            }
        }

        if (options.PreserveHost)
        {
            request.Headers.Host = address.Authority;
        }

        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", "https");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Host", address.Authority);
        if (call.Connection?.AgentEndPoint is { } agent)
        {
            var from = agent.Address.IsIPv4MappedToIPv6 ? agent.Address.MapToIPv4() : agent.Address;
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", from.ToString());
        }

        return default;
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext context, HttpResponseMessage? response, CancellationToken cancellationToken)
    {
        if (response is null)
        {
            return true;
        }

        var call = context.GetCall();
        call.ResponseStarted = time.GetTimestamp();
        call.Timer?.Disarm();
        if (response.StatusCode < HttpStatusCode.OK)
        {
            throw new HttpRequestException($"The final status is {(int)response.StatusCode}");
        }

        var named = NamedByConnection(response.Headers);
        CopyHeaders(response.Headers.NonValidated, context.Response.Headers, named);
        CopyHeaders(response.Content.Headers.NonValidated, context.Response.Headers, named);
        if (response.Headers.TransferEncodingChunked == true || response.StatusCode == HttpStatusCode.NoContent)
        {
            // RFC 9112 section 6.3: chunks overrule a length, and 204 has neither.
            context.Response.ContentLength = null;
        }

        var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        if (call.StreamsEnd.CanBeCanceled && IsEventStream(response.Content.Headers.NonValidated))
        {
            body = new EndingStream(body, call);
        }

        response.Content = new ObservedContent(body, call);
        await SendHeadersUnlessBodyIsHereAsync(context, body, cancellationToken);
        return true;
    }

    /// <summary>One that may be over at any time: a length, or a compression, would make an early end a broken one.</summary>
    private static bool IsEventStream(HttpHeadersNonValidated headers)
    {
        if (!headers.TryGetValues("Content-Type", out var values) || headers.Contains("Content-Length") || headers.Contains("Content-Encoding"))
        {
            return false;
        }

        var type = values.ToString().AsSpan();
        var end = type.IndexOf(';');
        return (end < 0 ? type : type[..end]).Trim().Equals("text/event-stream", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// A stream's headers must not wait for its first event, and a small answer should leave in one piece: the headers go alone only
    /// when there is nothing to go with them.
    /// </summary>
    private static async Task SendHeadersUnlessBodyIsHereAsync(HttpContext context, Stream body, CancellationToken cancellationToken)
    {
        var firstByte = body.ReadAsync(Memory<byte>.Empty, cancellationToken);
        if (firstByte.IsCompleted)
        {
            // A failure shows again at the forwarder's own read, which knows how to tell it.
            _ = firstByte.IsCompletedSuccessfully ? firstByte.Result : 0;
            return;
        }

        await context.Response.Body.FlushAsync(cancellationToken);
        try
        {
            await firstByte;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or HttpRequestException)
        {
            // As above.
        }
    }

    /// <summary>Whether the whole body has arrived already.</summary>
    private static bool IsHere(HttpRequest request)
    {
        if (request.ContentLength is not > 0 || !request.BodyReader.TryRead(out var read))
        {
            return false;
        }

        request.BodyReader.AdvanceTo(read.Buffer.Start);
        return read.Buffer.Length >= request.ContentLength;
    }

    private static void AddHeader(HttpRequestMessage request, HttpContent? body, string name, StringValues values)
    {
        if (values.Count == 1 ? request.Headers.TryAddWithoutValidation(name, values[0]) : request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
        {
            return;
        }

        // The handler keeps headers about a body with the body.
        if (body is not null)
        {
            body.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
        else if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
        {
            if (!request.Options.TryGetValue(UpstreamInvoker.BodyHeaders, out var headers))
            {
                request.Options.Set(UpstreamInvoker.BodyHeaders, headers = []);
            }

            headers.Add(new(name, values));
        }
    }

    private static void CopyHeaders(HttpHeadersNonValidated from, IHeaderDictionary to, HashSet<string>? named)
    {
        foreach (var (name, values) in from)
        {
            if (HeaderRules.PassesToAgent(name) && named?.Contains(name) != true)
            {
                // Several lines stay several lines.
                to[name] = values.Count == 1 ? new StringValues(values.ToString()) : new StringValues([.. values]);
            }
        }
    }

    private static HashSet<string>? NamedByConnection(System.Net.Http.Headers.HttpResponseHeaders headers) =>
        headers.NonValidated.TryGetValues("Connection", out var values) ? NamedByConnection(new StringValues([.. values])) : null;

    private static HashSet<string>? NamedByConnection(StringValues connection)
    {
        HashSet<string>? named = null;
        foreach (var line in connection)
        {
            if (line is null || line.Equals("keep-alive", StringComparison.OrdinalIgnoreCase) || line.Equals("close", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            foreach (var name in line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                (named ??= new HashSet<string>(StringComparer.OrdinalIgnoreCase)).Add(name);
            }
        }

        return named;
    }
}
