using System.Net;
using McpTunnel.Edge.Ingress.OwnNames;
using McpTunnel.Transport.Kestrel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace McpTunnel.Edge.Hosting;

/// <summary>Kestrel as the edge uses it: one listener fed by the ingress, one for management.</summary>
internal static class EdgeServer
{
    /// <summary>Requests to the edge are small; what is longer is no request of ours.</summary>
    private const int MaxHeaderBytes = 16 * 1024;
    private const int MaxHeaders = 64;
    private const int MaxBodyBytes = 256 * 1024;

    private static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(60);

    /// <param name="builder">The application.</param>
    /// <param name="management">Where health and metrics are served.</param>
    /// <param name="onManagementBound">Gets the listener whose end point has the real port once the application has started.</param>
    public static void Configure(WebApplicationBuilder builder, IPEndPoint management, Action<ListenOptions> onManagementBound)
    {
        RequestFraming.RefuseBareLineFeeds();
        builder.WebHost.UseKestrelCore();

        // After Kestrel's own sockets, which it adds only when nobody has brought a factory before.
        builder.Services.AddSingleton<IConnectionListenerFactory, ManagementListenerFactory>();
        builder.Services.AddSingleton<IConnectionListenerFactory, OwnNameListenerFactory>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = static name => RequestFraming.EncodingOf(name, otherwise: null);
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            kestrel.Limits.MaxRequestHeaderCount = MaxHeaders;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.RequestHeadersTimeout = HeaderTimeout;
            kestrel.Limits.KeepAliveTimeout = KeepAlive;
            kestrel.Listen(new OwnNameEndPoint(), own =>
            {
                own.Protocols = HttpProtocols.Http1AndHttp2;
                own.UseHttps(kestrel.ApplicationServices.GetRequiredService<OwnNameTls>().KestrelOptions);
            });
            kestrel.Listen(management, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                var gate = kestrel.ApplicationServices.GetRequiredService<ManagementGate>();
                listen.Use(next => async connection =>
                {
                    connection.Features.Set(ManagementConnection.Instance);

                    // Whoever keeps a connection here is to open the next one to the process that has taken over.
                    using var left = gate.Left.UnsafeRegister(
                        static kept => ((IConnectionLifetimeNotificationFeature?)kept)?.RequestClose(), connection.Features.Get<IConnectionLifetimeNotificationFeature>());
                    await next(connection);
                });
                onManagementBound(listen);
            });
        });
    }
}
