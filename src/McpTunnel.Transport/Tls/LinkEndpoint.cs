using McpTunnel.Protocol.Codes;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.WebSockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace McpTunnel.Transport.Tls;

/// <summary>Turns an HTTP/1.1 upgrade, to our own protocol or to a WebSocket, into a link and holds the request open while the link lives.</summary>
internal static class LinkEndpoint
{
    public static async Task HandleAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var options = services.GetRequiredService<LinkServerOptions>();
        if (CarrierOf(context) is not { } carrier)
        {
            await RefuseUpgradeAsync(context);
            return;
        }

        if (context.Connection.ClientCertificate is not { } certificate)
        {
            await RefuseAsync(context, TunnelCode.CertificateRequired, "A link needs the link certificate in the TLS handshake. Run 'mcptunnel client enroll'.");
            return;
        }

        if (options.Stopping.IsCancellationRequested)
        {
            context.Response.Headers.RetryAfter = "1";
            await RefuseAsync(context, TunnelCode.EdgeDraining, "This edge node is stopping. Try another, or the same a little later.");
            return;
        }

        var socket = context.Features.Get<IConnectionSocketFeature>()?.Socket;
        if (socket is not null)
        {
            TlsCarrier.Prepare(socket, options.Link.DeadAfter);
        }

        var bytes = await UpgradeAsync(context, carrier);
        context.Features.Get<ICarrierFeature>()?.BecomeLink();
        var link = await EdgeHandshake.RunAsync(
            bytes, carrier, certificate, AddressOf(context), options.Node, services.GetRequiredService<ILinkAuthorizer>(),
            options.Link, services.GetRequiredService<TimeProvider>(), options.Stopping, socket);
        if (link is not null && (await link.Closed).Code is TunnelCode.PeerDead or TunnelCode.TransportError)
        {
            // Nobody is there to be told; an orderly end would wait for them.
            context.Abort();
        }
    }

    private static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "";

    private static Carrier? CarrierOf(HttpContext context) =>
        context.WebSockets.IsWebSocketRequest && context.WebSockets.WebSocketRequestedProtocols.Contains(WebSocketCarrier.Subprotocol) ? Carrier.Websocket
        : context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && context.Request.Headers.Upgrade == TlsCarrier.UpgradeToken ? Carrier.Tls
        : null;

    private static async Task<Stream> UpgradeAsync(HttpContext context, Carrier carrier)
    {
        if (carrier == Carrier.Websocket)
        {
            return new WebSocketBytes(await context.WebSockets.AcceptWebSocketAsync(
                new WebSocketAcceptContext { SubProtocol = WebSocketCarrier.Subprotocol, KeepAliveInterval = WebSocketCarrier.NoKeepAlive }));
        }

        context.Response.Headers[HeaderNames.Upgrade] = TlsCarrier.UpgradeToken;
        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    /// <summary>A request that names another version was made by another client; one that names none lost it on the way.</summary>
    private static Task RefuseUpgradeAsync(HttpContext context)
    {
        var asked = context.Request.Headers.Upgrade.Count > 0;
        context.Response.Headers.Upgrade = $"{TlsCarrier.UpgradeToken}, {WebSocketCarrier.UpgradeToken}";
        context.Response.Headers.SecWebSocketVersion = WebSocketCarrier.Version;
        return RefuseAsync(
            context,
            asked ? TunnelCode.VersionUnsupported : TunnelCode.UpgradeRequired,
            $"Ask over HTTP/1.1 with 'Connection: Upgrade' and 'Upgrade: {TlsCarrier.UpgradeToken}', or for a WebSocket with the subprotocol '{WebSocketCarrier.Subprotocol}'.");
    }

    private static async Task RefuseAsync(HttpContext context, TunnelCode code, string detail)
    {
        context.RequestServices.GetRequiredService<ILinkAuthorizer>().Refused(AddressOf(context), context.Connection.ClientCertificate, code, detail);

        // Each refusal is a line in the log. So it costs a connection, of which the edge limits how many a source may make.
        context.Connection.RequestClose();
        var info = code.Info();
        context.Response.StatusCode = info.HttpStatus;
        var problem = new ProblemDetails { Status = info.HttpStatus, Title = "The link was refused.", Detail = detail };
        problem.Extensions["code"] = info.Name;
        await context.Response.WriteAsJsonAsync(problem, options: null, "application/problem+json", context.RequestAborted);
    }
}
