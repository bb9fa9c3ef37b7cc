using McpTunnel.Edge.Api;
using McpTunnel.Registry.Administration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Admin;

/// <summary>Admin keys and the admin audit log over HTTP.</summary>
internal sealed class AdminKeyEndpoints(IAdminRegistry administration, ILogger<AdminKeyEndpoints> logger)
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/admin-keys", (HttpContext context, AdminKeyEndpoints endpoints) => endpoints.IssueAsync(context))
            .WithName("issueAdminKey").WithSummary("Makes an admin key.")
            .Accepts<IssueAdminKeyRequest>("application/json").Produces<IssuedAdminKeyView>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapGet("/admin-keys", (HttpContext context, AdminKeyEndpoints endpoints) => endpoints.ListAsync(context))
            .WithName("listAdminKeys").WithSummary("Admin keys, newest first.").Paged().Produces<PageView<AdminKeyView>>();
        group.MapPost("/admin-keys/{key}/revoke", (string key, HttpContext context, AdminKeyEndpoints endpoints) => endpoints.RevokeAsync(key, context))
            .WithName("revokeAdminKey").WithSummary("Revokes an admin key; the last administrator's is kept.")
            .Produces<AdminKeyView>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapGet("/audit", (HttpContext context, AdminKeyEndpoints endpoints) => endpoints.AuditAsync(context))
            .WithName("listAudit").WithSummary("Changes to the registry, newest first.").Paged().Produces<PageView<AuditEntryView>>();
    }

    private async Task<IResult> IssueAsync(HttpContext context)
    {
        var request = await RequestBody.ReadAsync(context.Request, ApiJson.Default.IssueAdminKeyRequest, context.RequestAborted);
        var issued = await administration.IssueKeyAsync(request.Name, request.Role, context.Actor(), context.RequestAborted);
        logger.Changed(context, "admin-key.issue", issued.Record.Id, 0);
        context.Response.Headers.CacheControl = "no-store";
        return ApiResults.Json(
            new IssuedAdminKeyView(issued.Key.Reveal(), AdminKeyView.Of(issued.Record)), ApiJson.Default.IssuedAdminKeyView, StatusCodes.Status201Created);
    }

    private async Task<IResult> ListAsync(HttpContext context)
    {
        var page = await administration.ListKeysAsync(context.Page(), context.RequestAborted);
        return ApiResults.Json(page.View(AdminKeyView.Of), ApiJson.Default.PageViewAdminKeyView);
    }

    private async Task<IResult> RevokeAsync(string key, HttpContext context)
    {
        var revoked = await administration.RevokeKeyAsync(key, context.Actor(), context.RequestAborted);
        logger.Changed(context, "admin-key.revoke", revoked.Id, 0);
        return ApiResults.Json(AdminKeyView.Of(revoked), ApiJson.Default.AdminKeyView);
    }

    private async Task<IResult> AuditAsync(HttpContext context)
    {
        var page = await administration.ListAuditAsync(context.Page(), context.RequestAborted);
        return ApiResults.Json(page.View(AuditEntryView.Of), ApiJson.Default.PageViewAuditEntryView);
    }
}
