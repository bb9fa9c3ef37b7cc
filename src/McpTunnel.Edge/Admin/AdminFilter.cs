using System.Net.Http.Headers;
using McpTunnel.Edge.Api;
using McpTunnel.Protocol.Codes;
using McpTunnel.Registry.Administration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Admin;

/// <summary>
/// Lets a call through when it shows an admin key whose role allows it: <c>Authorization: Bearer mca_…</c>. The key is looked up by
/// its hash; a text that is no key costs no look-up.
/// </summary>
internal sealed class AdminFilter(IAdminRegistry administration, ILogger<AdminFilter> logger) : IEndpointFilter
{
    private const string Scheme = "Bearer";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var key = await FindKeyAsync(http);
        if (key is null)
        {
            http.Response.Headers.WWWAuthenticate = Scheme;
            if (RefusedConnection.Close(http))
            {
                Log(http, TunnelCode.AdminKeyInvalid);
            }

            throw new ApiException(TunnelCode.AdminKeyInvalid, "Send a valid admin key as 'Authorization: Bearer mca_…'. 'edge init' wrote the first one into the file admin-key.");
        }

        if (key.Role != AdminRole.Administrator && !HttpMethods.IsGet(http.Request.Method))
        {
            Log(http, TunnelCode.AdminKeyForbidden);
            throw new ApiException(TunnelCode.AdminKeyForbidden, "This admin key may only look. Use an administrator's key.");
        }

        var address = http.Connection.RemoteIpAddress?.ToString() ?? "";
        http.Features.Set(new AdminActor(key.Id, key.Name, address));
        return await next(context);
    }

    private async ValueTask<AdminKeyRecord?> FindKeyAsync(HttpContext http) =>
        http.Request.Headers.Authorization is [{ } header]
        && AuthenticationHeaderValue.TryParse(header, out var value)
        && string.Equals(value.Scheme, Scheme, StringComparison.OrdinalIgnoreCase)
        && AdminKey.TryParse(value.Parameter, out var key)
            ? await administration.FindKeyAsync(key.Hash, http.RequestAborted)
            : null;

    private void Log(HttpContext http, TunnelCode code) =>
        logger.AdminRefused(http.Request.Method, http.Request.Path, http.Connection.RemoteIpAddress?.ToString() ?? "", code.WireName());
}
