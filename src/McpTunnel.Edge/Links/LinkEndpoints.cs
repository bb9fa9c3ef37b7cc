using System.Globalization;
using McpTunnel.Edge.Api;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Protocol.Codes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpTunnel.Edge.Links;

/// <summary><c>GET /v1/links</c>: the links that this node holds now.</summary>
internal sealed class LinkEndpoints(LinkDirectory directory, TimeProvider time)
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 200;

    /// <summary>Adds it to a group that asks for an admin key.</summary>
    public static void Map(RouteGroupBuilder admin) =>
        admin.MapGet("/links", (HttpContext context, LinkEndpoints endpoints) => endpoints.List(context.Request.Query))
            .WithName("listLinks")
            .WithSummary("Lists the live links of this edge node, in the order of their tunnels; 'tunnel' asks for those of one.")
            .Produces<LinkPage>()
            .ProducesProblem(StatusCodes.Status400BadRequest);

    internal static LinkView View(LinkEntry entry, DateTimeOffset now)
    {
        var link = entry.Link;
        var stalls = link.Stalls;
        var identity = link.Identity;
        return new LinkView(
            identity.LinkId,
            identity.TunnelId,
            entry.Domain,
            identity.Node,
            identity.Instance,
            identity.LinkIndex,
            identity.Generation,
            WireNames.Of(link.State),
            WireNames.Of(link.Carrier),
            entry.RemoteAddress,
            entry.Software,
            link.Servers,
            entry.Since,
            link.LastSeen,
            link.RoundTripTime?.TotalMilliseconds,
            link.StreamCount,
            link.BytesReceived,
            link.BytesSent,
            (long)(now - entry.Since).TotalSeconds,
            (long)(now - link.LastSeen).TotalSeconds,
            Math.Round(stalls.Time.TotalSeconds, 3),
            stalls.Streams);
    }

    private IResult List(IQueryCollection query)
    {
        var limit = DefaultLimit;
        if (query["limit"] is [{ } text] && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
        {
            throw new ApiException(TunnelCode.RequestMalformed, $"'limit' is a number from 1 to {MaxLimit}.");
        }

        var (tunnel, after) = ((string?)query["tunnel"], (string?)query["after"]);
        var found = directory.Snapshot()
            .Where(entry => tunnel is null || string.Equals(entry.Identity.TunnelId, tunnel, StringComparison.Ordinal))
            .Select(entry => (Position: Position(entry), Entry: entry))
            .Where(item => after is null || string.CompareOrdinal(item.Position, after) > 0)
            .OrderBy(item => item.Position, StringComparer.Ordinal)
            .Take(limit + 1)
            .ToList();
        var page = found.Take(limit).ToList();
        var now = time.GetUtcNow();
        return ApiResults.Json(
            new LinkPage([.. page.Select(item => View(item.Entry, now))], found.Count > limit ? page[^1].Position : null), LinkJson.Default.LinkPage);
    }

    /// <summary>Where a link stands in the list; stable while it lives.</summary>
    private static string Position(LinkEntry entry) => $"{entry.Identity.TunnelId}.{entry.Identity.LinkId}";
}
