using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace McpTunnel.Transport.Tls;

public static class LinkEndpointExtensions
{
    /// <summary>
    /// Takes links of the tls carrier at <see cref="TlsCarrier.Path"/>. Needs an <see cref="Handshake.ILinkAuthorizer"/> and a <see cref="LinkServerOptions"/> among the
    /// services, and a server that asks for a client certificate in the TLS handshake.
    /// </summary>
    public static IEndpointConventionBuilder MapTunnelLinks(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet(TlsCarrier.Path, LinkEndpoint.HandleAsync).WithName("link").WithMetadata(new ExcludeFromDescriptionAttribute());
}
