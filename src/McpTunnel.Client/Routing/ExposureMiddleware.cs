using McpTunnel.Client.Calls;
using McpTunnel.Client.Refusals;
using McpTunnel.Protocol.Codes;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.Client.Routing;

/// <summary>
/// Step 1, after the metadata documents that anybody may read: web pages only from allowed origins (against DNS rebinding and
/// cross-site calls), paths only where the server exposes them.
/// </summary>
internal sealed class ExposureMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var call = context.GetCall();
        var server = call.Server!;
        var origin = context.Request.Headers.Origin;
        if (origin.Count > 0 && !(origin.Count == 1 && server.AllowsOrigin(origin[0] ?? "")))
        {
            return Refusal.WriteAsync(
                context, TunnelCode.OriginNotAllowed, $"Web pages of this origin may not call {server.Host}. The server's owner can add the origin to 'allowedOrigins'.");
        }

        return server.Exposes(call.Path)
            ? next(context)
            : Refusal.WriteAsync(context, TunnelCode.PathNotExposed, $"The MCP endpoint is {server.Address.Url}; this path is not reachable from outside.");
    }
}
