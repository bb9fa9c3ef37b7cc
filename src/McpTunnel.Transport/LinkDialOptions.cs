using System.Net;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Transport.Dialing;

namespace McpTunnel.Transport;

/// <summary>Where and how a client dials the edge.</summary>
public sealed record LinkDialOptions
{
    /// <summary>The edge's link name: <c>https://link.tunnel.example.com[:port]</c>.</summary>
    public required Uri Edge { get; init; }

    /// <summary>The link certificate with its private key; null only for a call that is no link.</summary>
    public required X509Certificate2? Certificate { get; init; }

    /// <summary>The CAs that may have issued the edge's certificate; null for the system's.</summary>
    public X509Certificate2Collection? TrustedAuthorities { get; init; }

    /// <summary>
    /// Dial this address in place of the name's own: for an edge without DNS, and for tests. Where a proxy is used, it is asked for a
    /// connection to this address.
    /// </summary>
    public EndPoint? ConnectTo { get; init; }

    /// <summary>The proxy to go through and its credentials; null for a direct connection.</summary>
    public IWebProxy? Proxy { get; init; }

    /// <summary>
    /// The proxy that <see cref="Proxy"/> names for the edge, null when the connection is direct. A carrier that no HTTP proxy passes on (QUIC) need not be
    /// tried where there is one.
    /// </summary>
    public Uri? ProxyAddress => Proxy is { } proxy && !proxy.IsBypassed(Edge) && proxy.GetProxy(Edge) is { } address && address != Edge ? address : null;

    /// <summary>Time for DNS, TCP, proxy and TLS together. 15 s: slow proxies included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    public LinkOptions Link { get; init; } = new();

    /// <summary>How errors name these options.</summary>
    public DialWords Words { get; init; } = DialWords.Configuration;
}
