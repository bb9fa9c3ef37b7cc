using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace McpTunnel.Transport.Tls;

/// <summary>Upgrades as the server does, to a stream that goes past it (<see cref="UpgradedBytes"/>); for WebSockets as well, which ask the same feature.</summary>
internal sealed class LinkUpgrade(IHttpUpgradeFeature server, ISslStreamFeature tls, HttpContext context) : IHttpUpgradeFeature
{
    public bool IsUpgradableRequest => server.IsUpgradableRequest;

    /// <summary>Puts itself before the server's upgrade, where there is one to an own TLS stream.</summary>
    public static void Prepare(HttpContext context)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { } server && context.Features.Get<ISslStreamFeature>() is { } tls)
        {
            context.Features.Set<IHttpUpgradeFeature>(new LinkUpgrade(server, tls, context));
        }
    }

    public async Task<Stream> UpgradeAsync() => new UpgradedBytes(await server.UpgradeAsync(), tls.SslStream, context.Abort);
}
