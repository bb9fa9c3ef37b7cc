using McpTunnel.Edge.Admin;
using McpTunnel.Edge.Api;
using McpTunnel.Edge.Enrolment;
using McpTunnel.Edge.Health;
using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Links;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport.Kestrel;
using McpTunnel.Transport.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace McpTunnel.Edge.Hosting;

/// <summary>What the edge answers: management on its own listener; links and API on the names that TLS was ended for.</summary>
internal static class EdgePipeline
{
    public static void Build(WebApplication app, EdgeNames names)
    {
        app.MapWhen(context => context.Features.Get<ManagementConnection>() is not null, BuildManagement);
        app.Use(RefuseAmbiguousFraming);
        app.Use((context, next) => AgreeOnName(context, names, next));
        app.UseApiProblems();
        app.UseRouting();
        app.MapTunnelLinks().RequireHost(names.Link);
        app.MapEnrolment().RequireHost(names.Domain);
        var admin = app.MapAdmin();
        admin.RequireHost(names.Domain);
        LinkEndpoints.Map(admin);
    }

    private static void BuildManagement(IApplicationBuilder management)
    {
        management.UseOpenTelemetryPrometheusScrapingEndpoint();
        management.UseRouting();
        management.UseEndpoints(HealthEndpoints.Map);
    }

    private static Task RefuseAmbiguousFraming(HttpContext context, RequestDelegate next)
    {
        if (!RequestFraming.IsAmbiguous(context.Request))
        {
            return next(context);
        }

        context.Response.Headers.Connection = "close";
        return ApiResults.Problem(TunnelCode.RequestMalformed, "Send a Content-Length, or 'Transfer-Encoding: chunked', and not both.").ExecuteAsync(context);
    }

    /// <summary>
    /// The name in the TLS handshake decided which certificate a client had to show: a request for another one of our names on the same
    /// connection has not shown it (RFC 9110 section 7.4).
    /// </summary>
    private static Task AgreeOnName(HttpContext context, EdgeNames names, RequestDelegate next)
    {
        var name = context.Features.Get<ITlsHandshakeFeature>()?.HostName;
        if (!string.Equals(name, context.Request.Host.Host, StringComparison.OrdinalIgnoreCase))
        {
            return ApiResults.Problem(TunnelCode.Misdirected, $"The TLS handshake was for '{name}'. Open a connection for the host you ask for.").ExecuteAsync(context);
        }

        if (string.Equals(name, names.Link, StringComparison.OrdinalIgnoreCase))
        {
            // A link may be quiet for hours; its own liveness ends it when the client is gone.
            context.Features.Get<IHttpMinRequestBodyDataRateFeature>()?.MinDataRate = null;
            context.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null;
        }

        return next(context);
    }
}
