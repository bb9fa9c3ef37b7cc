using McpTunnel.Client.Calls;
using McpTunnel.Client.Refusals;
using McpTunnel.Configuration.Values;
using McpTunnel.Protocol.Codes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace McpTunnel.Client.Limits;

/// <summary>
/// Step 5, body size: a request that declares too much is refused before its body is read; one that does not declare is cut at
/// the limit while it is read.
/// </summary>
internal sealed class BodyLimitMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var limit = context.GetCall().Server!.MaxRequestBody;
        if (context.Request.ContentLength > limit)
        {
            return Refusal.WriteAsync(context, TunnelCode.RequestBodyTooLarge, DetailOf(limit));
        }

        var feature = context.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (feature is { IsReadOnly: false })
        {
            feature.MaxRequestBodySize = limit;

            // The forwarder lifts the limit for what looks like gRPC, which an agent decides by a header.
            context.Features.Set<IHttpMaxRequestBodySizeFeature>(FixedBodyLimit.Instance);
        }

        return next(context);
    }

    public static string DetailOf(long limit) => $"This server takes request bodies of at most {new ByteSize(limit)}.";
}
