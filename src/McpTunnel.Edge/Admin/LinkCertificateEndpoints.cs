using McpTunnel.Edge.Api;
using McpTunnel.Protocol.Codes;
using McpTunnel.Registry.Credentials;
using McpTunnel.Registry.Tunnels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Admin;

/// <summary>Link certificates over HTTP.</summary>
internal sealed class LinkCertificateEndpoints(
    ITunnelRegistry tunnels, ICredentialRegistry credentials, ILiveLinks links, ILogger<LinkCertificateEndpoints> logger)
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet(
                "/tunnels/{tunnel}/certificates",
                (string tunnel, HttpContext context, LinkCertificateEndpoints endpoints) => endpoints.ListAsync(tunnel, context))
            .WithName("listLinkCertificates").WithSummary("Link certificates of a tunnel, newest first.")
            .Paged().Produces<PageView<LinkCertificateView>>().ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost(
                "/tunnels/{tunnel}/certificates/{serial}/revoke",
                (string tunnel, string serial, HttpContext context, LinkCertificateEndpoints endpoints) => endpoints.RevokeAsync(tunnel, serial, context))
            .WithName("revokeLinkCertificate").WithSummary("Revokes a link certificate, and closes the links that it registered.")
            .Produces<RevokedLinkCertificateView>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private async Task<IResult> ListAsync(string tunnel, HttpContext context)
    {
        var page = await credentials.ListCertificatesAsync(tunnels.Tunnel(tunnel).Id, context.Page(), context.RequestAborted);
        return ApiResults.Json(page.View(LinkCertificateView.Of), ApiJson.Default.PageViewLinkCertificateView);
    }

    private async Task<IResult> RevokeAsync(string tunnel, string serial, HttpContext context)
    {
        var revoked = await credentials.RevokeCertificateAsync(
            tunnels.Tunnel(tunnel).Id, serial.ToLowerInvariant(), context.Actor(), context.RequestAborted);
        var closed = links.CloseLinksByCertificate(revoked.Fingerprint, TunnelCode.CertificateRevoked, "The certificate of this link was revoked.");
        logger.Changed(context, "certificate.revoke", revoked.Serial, closed);
        return ApiResults.Json(new RevokedLinkCertificateView(LinkCertificateView.Of(revoked), closed), ApiJson.Default.RevokedLinkCertificateView);
    }
}
