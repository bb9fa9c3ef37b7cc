using System.Buffers;
using System.Globalization;
using System.Text.Json;
using McpTunnel.Client.Calls;
using McpTunnel.Protocol.Codes;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.Client.Refusals;

/// <summary>Answers a request in place of the upstream: a problem document (RFC 9457) with the code of <see cref="TunnelCode"/>.</summary>
internal static class Refusal
{
    /// <summary>How soon a retryable refusal may be tried again, in seconds: long enough for a restart to finish, short enough for a person.</summary>
    public const int RetryAfterSeconds = 5;

    private static readonly string RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);

    private const string ContentType = "application/problem+json";

    /// <summary>Writes the refusal and notes it on the call.</summary>
    /// <param name="context">A request whose response has not begun.</param>
    /// <param name="code">Why.</param>
    /// <param name="detail">For the agent's owner: what, and what to do. No private address, no secret.</param>
    public static Task WriteAsync(HttpContext context, TunnelCode code, string detail)
    {
        var info = code.Info();
        var call = context.GetCall();
        call.Code = code;
        RefusalBudget.Spend(context, call);
        var response = context.Response;
        response.StatusCode = info.HttpStatus;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        if (info.Retryable)
        {
            response.Headers.RetryAfter = RetryAfter;
        }

        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("title", RefusalTitles.Of(code));
            json.WriteNumber("status", info.HttpStatus);
            json.WriteString("code", info.Name);
            json.WriteString("detail", detail);
            json.WriteEndObject();
        }

        response.ContentLength = body.WrittenCount;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted).AsTask();
    }
}
