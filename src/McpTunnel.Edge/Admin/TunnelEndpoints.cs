using McpTunnel.Edge.Api;
using McpTunnel.Protocol.Codes;
using McpTunnel.Registry.Tunnels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Admin;

/// <summary>Tunnels over HTTP.</summary>
internal sealed class TunnelEndpoints(ITunnelRegistry tunnels, ILiveLinks links, AdminOptions options, ILogger<TunnelEndpoints> logger)
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/tunnels", (HttpContext context, TunnelEndpoints endpoints) => endpoints.CreateAsync(context))
            .WithName("createTunnel").WithSummary("Makes a tunnel.")
            .Accepts<CreateTunnelRequest>("application/json").Produces<TunnelView>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapGet("/tunnels", (HttpContext context, TunnelEndpoints endpoints) => endpoints.ListAsync(context))
            .WithName("listTunnels").WithSummary("Tunnels in the order of their labels.").Paged().Produces<PageView<TunnelView>>();
        group.MapGet("/tunnels/{tunnel}", (string tunnel, TunnelEndpoints endpoints) => endpoints.Show(tunnel))
            .WithName("showTunnel").WithSummary("One tunnel, by id or label.")
            .Produces<TunnelView>().ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/tunnels/{tunnel}/archive", (string tunnel, HttpContext context, TunnelEndpoints endpoints) => endpoints.ArchiveAsync(tunnel, context))
            .WithName("archiveTunnel").WithSummary("Puts a tunnel out of use for good, and closes its links.")
            .Produces<ArchivedTunnelView>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private async Task<IResult> CreateAsync(HttpContext context)
    {
        var request = await RequestBody.ReadAsync(context.Request, ApiJson.Default.CreateTunnelRequest, context.RequestAborted);
        var tunnel = await tunnels.CreateAsync(request.Label, options.Domain, context.Actor(), context.RequestAborted);
        logger.Changed(context, "tunnel.create", tunnel.Id, 0);
        context.Response.Headers.Location = $"/v1/tunnels/{tunnel.Id}";
        return ApiResults.Json(TunnelView.Of(tunnel), ApiJson.Default.TunnelView, StatusCodes.Status201Created);
    }

    private async Task<IResult> ListAsync(HttpContext context)
    {
        var page = await tunnels.ListAsync(context.Page(), context.RequestAborted);
        return ApiResults.Json(page.View(TunnelView.Of), ApiJson.Default.PageViewTunnelView);
    }

    private IResult Show(string tunnel) => ApiResults.Json(TunnelView.Of(tunnels.Tunnel(tunnel)), ApiJson.Default.TunnelView);

    private async Task<IResult> ArchiveAsync(string tunnel, HttpContext context)
    {
        var archived = await tunnels.ArchiveAsync(tunnels.Tunnel(tunnel).Id, context.Actor(), context.RequestAborted);
        var closed = links.CloseLinks(archived.Id, TunnelCode.TunnelArchived, "The tunnel was archived.");
        logger.Changed(context, "tunnel.archive", archived.Id, closed);
        return ApiResults.Json(new ArchivedTunnelView(TunnelView.Of(archived), closed), ApiJson.Default.ArchivedTunnelView);
    }
}
