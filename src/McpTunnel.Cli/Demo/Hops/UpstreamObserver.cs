using Microsoft.AspNetCore.Http;

namespace McpTunnel.Cli.Demo.Hops;

/// <summary>Notes what reaches the sample server.</summary>
internal sealed class UpstreamObserver(HopLogs hops, TimeProvider time)
{
    public async Task ObserveAsync(HttpContext context, RequestDelegate next)
    {
        var started = time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            hops.Add(new UpstreamRequest(
                $"{context.Request.Method} {context.Request.Path}",
                context.Response.StatusCode,
                context.Request.Headers.ContainsKey("Authorization"),
                context.Request.Headers["X-Forwarded-For"].ToString(),
                time.GetElapsedTime(started)));
        }
    }
}
