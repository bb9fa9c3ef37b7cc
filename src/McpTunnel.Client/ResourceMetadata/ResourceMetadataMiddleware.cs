using McpTunnel.Client.Calls;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.Client.ResourceMetadata;

/// <summary>Step 2: answers metadata requests, which carry no token and come from web pages too.</summary>
internal sealed class ResourceMetadataMiddleware(RequestDelegate next)
{
    // Long enough that agents do not fetch it for each connection, short enough that a changed issuer is seen soon.
    private const string CacheControl = "public, max-age=300";

    public Task InvokeAsync(HttpContext context)
    {
        var call = context.GetCall();
        return ResourceDocuments.IsWellKnown(call.Path) && call.Server!.Metadata?.Find(call.Path) is { } document
            ? AnswerAsync(context, document)
            : next(context);
    }

    private static Task AnswerAsync(HttpContext context, byte[] document)
    {
        var response = context.Response;
        response.Headers.AccessControlAllowOrigin = "*";
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            response.StatusCode = StatusCodes.Status204NoContent;
            response.Headers.AccessControlAllowMethods = "GET, HEAD";
            response.Headers.AccessControlAllowHeaders = "*";
            response.Headers.AccessControlMaxAge = "3600";
            return Task.CompletedTask;
        }

        var isHead = HttpMethods.IsHead(context.Request.Method);
        if (!isHead && !HttpMethods.IsGet(context.Request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD, OPTIONS";
            return Task.CompletedTask;
        }

        response.ContentType = "application/json";
        response.ContentLength = document.Length;
        response.Headers.CacheControl = CacheControl;
        return isHead ? Task.CompletedTask : response.Body.WriteAsync(document, context.RequestAborted).AsTask();
    }
}
