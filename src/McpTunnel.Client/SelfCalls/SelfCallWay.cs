using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.Client.SelfCalls;

/// <summary>How connections get to an edge node: as its links do.</summary>
/// <param name="Authority">Where to, as a proxy is asked for it.</param>
/// <param name="Proxy">Through which proxy; null for none.</param>
/// <param name="Address">The address to dial without one; null for what DNS says.</param>
/// <param name="Authorities">Whom to believe, besides the system's authorities, about the certificate of a proxy that is spoken to over TLS; null for nobody.</param>
internal sealed record SelfCallWay(Uri Authority, IWebProxy? Proxy, EndPoint? Address, X509Certificate2Collection? Authorities = null)
{
    /// <summary>Told when the call is over: what the proxy had against the credentials, or null.</summary>
    public Action<string?>? ProxyAnswered { get; init; }
}
