using McpTunnel.Client.Calls;
using McpTunnel.Client.Refusals;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport.Kestrel;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace McpTunnel.Client.Routing;

/// <summary>
/// Step 1: finds the server. The name in the request, the name in the TLS handshake and the name by which the edge routed must
/// be one and the same configured server; the target must be one that can only be read in one way.
/// </summary>
internal sealed class RoutingMiddleware(RequestDelegate next, RoutingTableHolder routes)
{
    public Task InvokeAsync(HttpContext context)
    {
        var call = context.GetCall();
        call.Newcomer = (Newcomer?)context.Features[typeof(Newcomer)];
        call.Newcomer?.CallBegan();
        if (call.Connection is { IsDraining: true })
        {
            // The agent's next call takes a new connection, and with it a link that stays.
            if (HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Response.Headers.Connection = "close";
            }
            else
            {
                // While a call is in progress Kestrel's GOAWAY still takes what is on its way.
                call.Newcomer?.RequestClose();
            }
        }

        var authority = context.Request.Host.Value ?? "";
        var host = PublicHost.NameOf(authority);
        if (!AgreesWithConnection(context, call, host) || Enter(host) is not { } server)
        {
            return Refusal.WriteAsync(
                context, TunnelCode.Misdirected, "The host of this request is not the name that this connection was opened for, or no server has it. Open a new connection to the server's own name.");
        }

        call.Server = server;
        if (RequestFraming.IsAmbiguous(context.Request))
        {
            context.Response.Headers.Connection = "close";
            return Refusal.WriteAsync(
                context, TunnelCode.RequestMalformed, "The end of this request can be read in two ways: send a Content-Length, or 'Transfer-Encoding: chunked', and not both.");
        }

        var rawTarget = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!IsPlainMethod(context.Request.Method) || !RequestTarget.TryParse(rawTarget, authority, out var target, out var pathLength))
        {
            return Refusal.WriteAsync(
                context, TunnelCode.RequestMalformed, "The request's method or target is not accepted: write the method in capital letters, and the path without '..', '//', and encoded slashes or dots.");
        }

        call.Target = target;
        call.PathLength = pathLength;
        return next(context);
    }

    /// <summary>Methods that differ in case differ (RFC 9110 section 9.1), but not for every reader. CONNECT and TRACE are for no server behind a tunnel.</summary>
    private static bool IsPlainMethod(string method) => !method.AsSpan().ContainsAnyInRange('a', 'z') && !HttpMethods.IsConnect(method) && !HttpMethods.IsTrace(method);

    /// <summary>Finds the server and keeps its upstream open until the call has ended.</summary>
    private ServerRoute? Enter(ReadOnlySpan<char> host)
    {
        while (routes.Current.TryFind(host, out var server))
        {
            if (server.Upstream.TryEnter())
            {
                return server;
            }

            // Retired since the table was read: the table is another one by now.
        }

        return null;
    }

    private static bool AgreesWithConnection(HttpContext context, Call call, ReadOnlySpan<char> host)
    {
        if (call.Connection is { } connection && !Same(connection.ServerName, host))
        {
            return false;
        }

        // Read inside TLS, so also true where the edge is not.
        return context.Features[typeof(ITlsHandshakeFeature)] is not ITlsHandshakeFeature { HostName: { Length: > 0 } serverName } || Same(serverName, host);
    }

    private static bool Same(string serverName, ReadOnlySpan<char> host) =>
        PublicHost.WithoutDot(serverName).Equals(host, StringComparison.OrdinalIgnoreCase);
}
