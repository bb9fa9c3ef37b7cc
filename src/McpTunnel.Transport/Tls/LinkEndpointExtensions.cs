using McpTunnel.Transport.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace McpTunnel.Transport.Tls;

public static class LinkEndpointExtensions
{
    /// <summary>
    /// Takes links of the tls and websocket carriers at <see cref="TlsCarrier.Path"/>. Needs an <see cref="Handshake.ILinkAuthorizer"/> and a <see cref="LinkServerOptions"/> among the
    /// services, and a server that asks for a client certificate in the TLS handshake.
    /// </summary>
    public static IEndpointConventionBuilder MapTunnelLinks(this IEndpointRouteBuilder endpoints)
    {
        var handler = endpoints.CreateApplicationBuilder();
        handler.Use(static (context, next) =>
        {
            LinkUpgrade.Prepare(context);
            return next(context);
        });
        handler.UseWebSockets(new WebSocketOptions { KeepAliveInterval = WebSocketCarrier.NoKeepAlive });
        handler.Run(LinkEndpoint.HandleAsync);
        return endpoints.MapGet(TlsCarrier.Path, handler.Build()).WithName("link").WithMetadata(new ExcludeFromDescriptionAttribute());
    }
}
