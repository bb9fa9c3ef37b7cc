using McpTunnel.Protocol.Codes;
using McpTunnel.Transport.Handshake;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace McpTunnel.Transport.Tls;

/// <summary>Turns an HTTP/1.1 upgrade into a link and holds the request open while the link lives.</summary>
internal static class LinkEndpoint
{
    public static async Task HandleAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var options = services.GetRequiredService<LinkServerOptions>();
        var upgrade = context.Features.Get<IHttpUpgradeFeature>();
        if (upgrade is not { IsUpgradableRequest: true } || context.Request.Headers.Upgrade != TlsCarrier.UpgradeToken)
        {
            context.Response.Headers.Upgrade = TlsCarrier.UpgradeToken;
            await RefuseAsync(context, TunnelCode.VersionUnsupported, $"Ask with 'Connection: Upgrade' and 'Upgrade: {TlsCarrier.UpgradeToken}' over HTTP/1.1.");
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

        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            TlsCarrier.Prepare(socket, options.Link.DeadAfter);
        }

        context.Response.Headers[HeaderNames.Upgrade] = TlsCarrier.UpgradeToken;
        var bytes = await upgrade.UpgradeAsync();
        context.Features.Get<ICarrierFeature>()?.BecomeLink();
        var link = await EdgeHandshake.RunAsync(
            bytes, Carrier.Tls, certificate, context.Connection.RemoteIpAddress?.ToString() ?? "", options.Node, services.GetRequiredService<ILinkAuthorizer>(),
            options.Link, services.GetRequiredService<TimeProvider>(), options.Stopping);
        if (link is not null && (await link.Closed).Code is TunnelCode.PeerDead or TunnelCode.TransportError)
        {
            // Nobody is there to be told; an orderly end would wait for them.
            context.Abort();
        }
    }

    private static async Task RefuseAsync(HttpContext context, TunnelCode code, string detail)
    {
        var info = code.Info();
        context.Response.StatusCode = info.HttpStatus;
        var problem = new ProblemDetails { Status = info.HttpStatus, Title = "The link was refused.", Detail = detail };
        problem.Extensions["code"] = info.Name;
        await context.Response.WriteAsJsonAsync(problem, options: null, "application/problem+json", context.RequestAborted);
    }
}
