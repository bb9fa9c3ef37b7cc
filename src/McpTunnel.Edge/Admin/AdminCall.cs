using System.Globalization;
using McpTunnel.Edge.Api;
using McpTunnel.Protocol.Codes;
using McpTunnel.Registry;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Tunnels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace McpTunnel.Edge.Admin;

/// <summary>What every admin call reads from its request.</summary>
internal static class AdminCall
{
    /// <summary>Who asks. <see cref="AdminFilter"/> has put it there.</summary>
    public static AdminActor Actor(this HttpContext context) => context.Features.GetRequiredFeature<AdminActor>();

    /// <summary>The part of the list asked for: <c>?limit=50&amp;after=…</c>.</summary>
    /// <exception cref="ApiException">The limit is not a number; its range is checked by the registry.</exception>
    public static PageRequest Page(this HttpContext context)
    {
        var size = PageRequest.DefaultSize;
        if (context.Request.Query["limit"] is [{ } limit] && !int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out size))
        {
            throw new ApiException(TunnelCode.RequestMalformed, $"'limit' is not a number from 1 to {PageRequest.MaxSize}.");
        }

        return new PageRequest(size, context.Request.Query["after"] is [{ Length: > 0 } after] ? after : null);
    }

    /// <summary>The tunnel named in the path by id or label.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public static TunnelRecord Tunnel(this ITunnelRegistry tunnels, string idOrLabel) =>
        tunnels.FindById(idOrLabel)
        ?? tunnels.FindByLabel(idOrLabel)
        ?? throw new ApiException(TunnelCode.NotFound, "There is no tunnel with this id or label. 'mcptunnel edge tunnels list' (GET /v1/tunnels) shows those that there are.");

    public static PageView<TView> View<TRecord, TView>(this Page<TRecord> page, Func<TRecord, TView> view) =>
        new([.. page.Items.Select(view)], page.Next);
}
