using System.Net;
using System.Net.Sockets;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Proxying;
using McpTunnel.Transport;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>
/// Decides whether a document of an issuer is fetched through the proxy that links go through. A proxy resolves names itself, so that nothing here sees which address it dials: it is asked only for
/// what would be allowed directly too, as far as this machine can tell. Thread-safe.
/// </summary>
/// <param name="proxy">The proxy of the links.</param>
/// <param name="rules">The addresses allowed.</param>
/// <param name="resolver">Turns names into addresses, where it knows them.</param>
/// <param name="time">The clock.</param>
internal sealed class IssuerProxy(EdgeProxy proxy, AddressRules rules, IHostResolver resolver, TimeProvider time)
{
    /// <summary>Behind a proxy, queries for names of the internet are often dropped without an answer; the fetch goes on then, within its own time.</summary>
    private static readonly TimeSpan ResolvePatience = TimeSpan.FromSeconds(1);

    /// <summary>No proxy is needed for an address of the private network, or of this machine.</summary>
    private static readonly IPNetwork[] Near =
    [
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("100.64.0.0/10"),
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("fc00::/7"),
        IPNetwork.Parse("::1/128"),
    ];

    /// <summary>The proxy for a document; null when it is fetched directly, where each address is judged.</summary>
    /// <exception cref="McpTunnel.Certificates.CertificateException">The file with the proxy's credentials is missing, readable by others, or malformed.</exception>
    /// <exception cref="LinkConnectException">The proxy has refused these credentials a short while ago.</exception>
    public async Task<IWebProxy?> ForAsync(Uri url, CancellationToken cancellationToken)
    {
        if (url.Scheme != Uri.UriSchemeHttps || proxy.Describe(url) is null)
        {
            return null;
        }

        var addresses = await FindAddressesAsync(url.IdnHost, cancellationToken);
        var isFar = addresses.Length > 0
            ? Array.TrueForAll(addresses, address => rules.Allows(address) && !IsNear(address))
            : rules.AllowAnyPublicAddress;
        return isFar ? await proxy.ForDialAsync(cancellationToken) : null;
    }

    /// <summary>A fetch is over; what the proxy had against the credentials holds for links too.</summary>
    public void Answered(IWebProxy asked, string? refusal) => proxy.Answered(asked, refusal);

    private static bool IsNear(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Array.Exists(Near, network => network.Contains(plain));
    }

    /// <summary>Empty when this machine does not know the name.</summary>
    private async Task<IPAddress[]> FindAddressesAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return [literal];
        }

        using var limit = new CancellationTokenSource(ResolvePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await resolver.ResolveAsync(host, either.Token);
        }
        catch (SocketException)
        {
            return [];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [];
        }
    }
}
