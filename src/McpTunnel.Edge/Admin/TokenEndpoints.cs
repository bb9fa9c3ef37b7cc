using McpTunnel.Edge.Api;
using McpTunnel.Protocol.Codes;
using McpTunnel.Registry.Credentials;
using McpTunnel.Registry.Tunnels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Admin;

/// <summary>Tunnel tokens over HTTP.</summary>
internal sealed class TokenEndpoints(
    ITunnelRegistry tunnels, ICredentialRegistry credentials, ILiveLinks links, TimeProvider timeProvider, ILogger<TokenEndpoints> logger)
{
    /// <summary>A day to roll a new token out, unless the caller says otherwise.</summary>
    private static readonly TimeSpan DefaultOverlap = TimeSpan.FromDays(1);

    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/tunnels/{tunnel}/tokens", (string tunnel, HttpContext context, TokenEndpoints endpoints) => endpoints.IssueAsync(tunnel, context))
            .WithName("issueToken").WithSummary("Makes a token; the current one stays valid beside it for the overlap, an older one ends.")
            .Accepts<IssueTokenRequest>("application/json").Produces<IssuedTokenView>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status410Gone);
        group.MapGet("/tunnels/{tunnel}/tokens", (string tunnel, HttpContext context, TokenEndpoints endpoints) => endpoints.ListAsync(tunnel, context))
            .WithName("listTokens").WithSummary("Tokens of a tunnel, newest first.")
            .Paged().Produces<PageView<TokenView>>().ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost(
                "/tunnels/{tunnel}/tokens/{token}/revoke",
                (string tunnel, string token, HttpContext context, TokenEndpoints endpoints) => endpoints.RevokeAsync(tunnel, token, context))
            .WithName("revokeToken").WithSummary("Revokes a token, and closes the links that it registered.")
            .Produces<RevokedTokenView>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private async Task<IResult> IssueAsync(string tunnel, HttpContext context)
    {
        var request = await RequestBody.ReadAsync(context.Request, ApiJson.Default.IssueTokenRequest, context.RequestAborted);
        var issued = await credentials.IssueTokenAsync(
            tunnels.Tunnel(tunnel).Id,
            Seconds(request.LifetimeSeconds, "lifetimeSeconds"),
            Seconds(request.OverlapSeconds, "overlapSeconds") ?? DefaultOverlap,
            context.Actor(),
            context.RequestAborted);
        var closed = issued.Ended.Sum(ended => links.CloseLinksByToken(ended.Hash, TunnelCode.TokenExpired, "The token ended when a new one was issued."));
        logger.Changed(context, "token.issue", issued.Record.Id, closed);

        // The one answer with a secret in it: no cache on the way may keep it.
        context.Response.Headers.CacheControl = "no-store";
        var view = new IssuedTokenView(issued.Token.Reveal(), TokenView.Of(issued.Record, timeProvider.GetUtcNow()), closed);
        return ApiResults.Json(view, ApiJson.Default.IssuedTokenView, StatusCodes.Status201Created);
    }

    private async Task<IResult> ListAsync(string tunnel, HttpContext context)
    {
        var page = await credentials.ListTokensAsync(tunnels.Tunnel(tunnel).Id, context.Page(), context.RequestAborted);
        var now = timeProvider.GetUtcNow();
        return ApiResults.Json(page.View(token => TokenView.Of(token, now)), ApiJson.Default.PageViewTokenView);
    }

    private async Task<IResult> RevokeAsync(string tunnel, string token, HttpContext context)
    {
        var revoked = await credentials.RevokeTokenAsync(tunnels.Tunnel(tunnel).Id, token, context.Actor(), context.RequestAborted);
        var closed = links.CloseLinksByToken(revoked.Hash, TunnelCode.TokenRevoked, "The token of this link was revoked.");
        logger.Changed(context, "token.revoke", revoked.Id, closed);
        return ApiResults.Json(
            new RevokedTokenView(TokenView.Of(revoked, timeProvider.GetUtcNow()), closed), ApiJson.Default.RevokedTokenView);
    }

    /// <summary>A number of seconds as a time span; the registry judges the range.</summary>
    private static TimeSpan? Seconds(long? seconds, string member)
    {
        if (seconds is < 0 or > int.MaxValue)
        {
            throw new ApiException(TunnelCode.RequestMalformed, $"'{member}' is a number of seconds from 0 to {int.MaxValue}.");
        }

        return seconds is { } number ? TimeSpan.FromSeconds(number) : null;
    }
}
