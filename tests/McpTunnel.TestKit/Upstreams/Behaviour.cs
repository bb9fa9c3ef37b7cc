using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace McpTunnel.TestKit.Upstreams;

/// <summary>What a <see cref="ScriptedUpstream"/> can do, good and bad.</summary>
public static class Behaviour
{
    /// <summary>A whole response with a length.</summary>
    public static RequestDelegate Reply(int status, string contentType, string body) => async context =>
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    };

    /// <summary>Answers with the request's header lines as a JSON object of arrays.</summary>
    public static RequestDelegate EchoHeaders { get; } = context =>
    {
        var headers = new JsonObject();
        foreach (var (name, values) in context.Request.Headers)
        {
            headers[name] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]);
        }

        return Reply(StatusCodes.Status200OK, "application/json", headers.ToJsonString())(context);
    };

    /// <summary>Answers with the request's body under its content type.</summary>
    public static RequestDelegate EchoBody { get; } = async context =>
    {
        context.Response.ContentType = context.Request.ContentType;
        await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
    };

    /// <summary>
    /// An event stream under the test's control: headers at once, then each text that <paramref name="chunks"/> yields is written
    /// and flushed by itself; the stream ends when it does.
    /// </summary>
    public static RequestDelegate EventStream(Func<CancellationToken, IAsyncEnumerable<string>> chunks, string contentType = "text/event-stream") => async context =>
    {
        context.Response.ContentType = contentType;
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await foreach (var chunk in chunks(context.RequestAborted))
        {
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(chunk), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    };

    /// <summary>The given ASCII text as an event stream, one byte a write, flushed after each.</summary>
    public static RequestDelegate ByteByByte(string text, string contentType = "text/event-stream") => EventStream(_ => Bytes(text), contentType);

    /// <summary>Headers of an event stream, optionally one comment line, then silence until the other side goes away.</summary>
    public static RequestDelegate SilentStream(string first = "") => EventStream(cancellationToken => Silence(first, cancellationToken));

    /// <summary>Never answers at all.</summary>
    public static RequestDelegate NoAnswer { get; } = context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);

    /// <summary>Promises more bytes than it sends, then resets the connection.</summary>
    public static RequestDelegate AbortAfter(string text) => async context =>
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Encoding.UTF8.GetByteCount(text) + 1;
        await context.Response.WriteAsync(text, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
    };

    /// <summary>Resets the connection without an answer.</summary>
    public static RequestDelegate AbortAtOnce { get; } = context =>
    {
        context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
        return Task.CompletedTask;
    };

    private static async IAsyncEnumerable<string> Bytes(string text)
    {
        foreach (var character in text)
        {
            yield return character.ToString();
            await Task.Yield();
        }
    }

    private static async IAsyncEnumerable<string> Silence(
        string first, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return first;
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }
}
