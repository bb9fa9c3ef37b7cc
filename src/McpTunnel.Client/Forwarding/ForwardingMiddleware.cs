using System.Net.Sockets;
using System.Security.Authentication;
using McpTunnel.Client.Calls;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Limits;
using McpTunnel.Client.Refusals;
using McpTunnel.Client.Routing;
using McpTunnel.Protocol.Codes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace McpTunnel.Client.Forwarding;

/// <summary>
/// Step 12: lets YARP carry the call, and says in the tunnel's own words what went wrong when the upstream gave no answer.
/// </summary>
/// <remarks>
/// <code>
///   agent ──► Kestrel ──► this step ──► YARP ──► SocketsHttpHandler ──► GuardedDialer ──► upstream
///                            ▲            headers: UpstreamTransformer      address: AddressRules
///                            └── problem document when no answer has begun
/// </code>
/// </remarks>
internal sealed class ForwardingMiddleware(IHttpForwarder forwarder, EventStreamEnd streams)
{
    private const string UnreadableBody = "The request body could not be read.";

    public async Task InvokeAsync(HttpContext context)
    {
        var call = context.GetCall();
        var upstream = call.Server!.Upstream;

        // MCP upgrades nothing, and an upgraded connection is outside every limit and policy.
        context.Features.Set<IHttpUpgradeFeature>(null);
        context.Features.Set<IHttpExtendedConnectFeature>(null);
        using var timer = upstream.RentTimer();
        call.Timer = timer;
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            // Over HTTP/1.1 an agent would take the connection of a response that is over for its next request, just as it closes.
            call.StreamsEnd = streams.Token;
        }

        var error = await forwarder.SendAsync(context, upstream.Prefix, upstream.Invoker, upstream.RequestConfig, upstream.Transformer, timer.Token);
        call.ClosedBy = call.EndedByStop ? ClosedBy.Stop : ClosedBy.Upstream;
        if (error != ForwarderError.None)
        {
            await EndAsync(context, call, error, timer.Expired);
        }
    }

    private static async Task EndAsync(HttpContext context, Call call, ForwarderError error, bool timedOut)
    {
        var exception = context.Features.Get<IForwarderErrorFeature>()?.Exception;

        // Where the upstream broke off, the forwarder has reset the agent's stream, and that reads like an agent that left.
        if (!timedOut && error != ForwarderError.ResponseBodyDestination && context.RequestAborted.IsCancellationRequested)
        {
            call.ClosedBy = ClosedBy.Agent;
            return;
        }

        call.Fault = $"{error}: {UpstreamFault.Describe(exception)}";
        if (error is ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled or ForwarderError.RequestBodyDestination && call.ResponseStarted != 0)
        {
            // The upstream answered without reading the whole request, which it may.
            return;
        }

        var (code, detail) = Explain(call.Server!, error, exception, timedOut);
        call.Code = code;
        call.ClosedBy = timedOut ? ClosedBy.Timeout : code is TunnelCode.RequestMalformed or TunnelCode.RequestBodyTooLarge ? ClosedBy.Boundary : ClosedBy.Upstream;
        if (!context.Response.HasStarted)
        {
            context.Response.Clear();
            await Refusal.WriteAsync(context, code, detail);
        }
    }

    private static (TunnelCode Code, string Detail) Explain(ServerRoute server, ForwarderError error, Exception? exception, bool timedOut)
    {
        if (timedOut)
        {
            return (TunnelCode.UpstreamTimeout, $"The MCP server '{server.Name}' sent no response headers in time.");
        }

        if (UpstreamFault.Find<BadHttpRequestException>(exception) is { } bad)
        {
            return bad.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? (TunnelCode.RequestBodyTooLarge, BodyLimitMiddleware.DetailOf(server.MaxRequestBody))
                : (TunnelCode.RequestMalformed, UnreadableBody);
        }

        if (error == ForwarderError.RequestBodyClient)
        {
            // Kestrel has not its own exception for every chunk that it cannot read: a size that overflows is none.
            return (TunnelCode.RequestMalformed, UnreadableBody);
        }

        if (UpstreamFault.Find<AddressForbiddenException>(exception) is not null)
        {
            return (TunnelCode.UpstreamAddressForbidden, $"The MCP server '{server.Name}' is at an address outside its allowed networks. Its owner must mend 'upstream' or 'allowedNetworks'.");
        }

        if (error == ForwarderError.RequestTimedOut || exception is OperationCanceledException)
        {
            return (TunnelCode.UpstreamTimeout, $"No connection to the MCP server '{server.Name}' in time.");
        }

        if (UpstreamFault.Find<AuthenticationException>(exception) is not null)
        {
            return (TunnelCode.UpstreamUnreachable, $"TLS to the MCP server '{server.Name}' failed. Its owner finds the reason in the client's log.");
        }

        return UpstreamFault.Find<SocketException>(exception) is not null && UpstreamFault.Find<HttpRequestException>(exception) is { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
            ? (TunnelCode.UpstreamUnreachable, $"The MCP server '{server.Name}' cannot be reached: is it running?")
            : (TunnelCode.UpstreamFailed, $"The MCP server '{server.Name}' closed the connection before its response was complete.");
    }
}
