using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.Client.Health;

/// <summary>What the management listener answers.</summary>
internal static class HealthEndpoints
{
    /// <summary>Serves <c>/healthz</c>, <c>/readyz</c> and <c>/status</c>; everything else is 404.</summary>
    /// <param name="app">The management application; scraping of metrics comes before.</param>
    /// <param name="status">A fresh snapshot.</param>
    public static void UseHealth(this IApplicationBuilder app, Func<ClientStatus> status) => app.Run(context => (context.Request.Path.Value switch
    {
        // That it answers is the answer.
        "/healthz" => context.Response.WriteAsync("ok\n", context.RequestAborted),
        "/readyz" => WriteReadinessAsync(context, status().Readiness),
        "/status" => context.Response.WriteAsJsonAsync(status(), HealthJson.Default.ClientStatus, contentType: null, context.RequestAborted),
        _ => NotFoundAsync(context),
    }));

    private static Task WriteReadinessAsync(HttpContext context, Readiness readiness)
    {
        context.Response.StatusCode = readiness.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsJsonAsync(readiness, HealthJson.Default.Readiness, contentType: null, context.RequestAborted);
    }

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsync("Known here: /healthz, /readyz, /status, /metrics\n", context.RequestAborted);
    }
}
