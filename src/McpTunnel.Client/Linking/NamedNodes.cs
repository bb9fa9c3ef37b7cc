using System.Net;
using System.Net.Sockets;
using McpTunnel.Client.Egress;
using McpTunnel.Configuration.Values;
using McpTunnel.Protocol.Control.Messages;

namespace McpTunnel.Client.Linking;

/// <summary>
/// Turns the nodes that an edge names in its welcome into addresses to dial. What an edge says is a hint and no order: it is bounded, and an edge out in the internet cannot have
/// this client knock at doors inside its own network. Thread-safe.
/// </summary>
/// <param name="resolver">DNS.</param>
/// <param name="time">The clock.</param>
internal sealed class NamedNodes(IHostResolver resolver, TimeProvider time)
{
    /// <summary>Nodes that are looked at; a client keeps links at a handful.</summary>
    internal const int MostNodes = 16;

    /// <summary>Addresses of one node: IPv4 and IPv6, twice.</summary>
    private const int MostAddresses = 4;

    /// <summary>A name of one node must not hold up a link to another.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly AddressRules Anywhere = new([IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")]);

    private static readonly AddressRules Private = new(
        [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("fc00::/7")]);

    /// <summary>The addresses of <paramref name="nodes"/> that may be dialled by a client which dials <paramref name="known"/>. What does not resolve is left out.</summary>
    public async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(IEnumerable<OtherNode> nodes, IReadOnlyList<EndPoint> known, CancellationToken cancellationToken)
    {
        var places = nodes.Select(node => Parse(node.Authority)).OfType<HostEndPoint>().Distinct().Take(MostNodes).ToList();
        if (places.Count == 0)
        {
            return [];
        }

        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var found = await Task.WhenAll(places.Select(place => ResolveAsync(place, either.Token)));
        return [.. found.SelectMany(addresses => addresses).Where(address => IsInReach(address.Address, known)).Distinct()];
    }

    /// <summary>Host and port, the latter 443 where it is not written.</summary>
    private static HostEndPoint? Parse(string authority) =>
        (HostEndPoint.TryParse(authority, out var place) || HostEndPoint.TryParse(authority + ":443", out place)) && place!.Port != 0 ? place : null;

    private async Task<IEnumerable<IPEndPoint>> ResolveAsync(HostEndPoint place, CancellationToken cancellationToken)
    {
        if (place.TryGetIPEndPoint(out var literal) && literal is not null)
        {
            return [literal];
        }

        try
        {
            var addresses = await resolver.ResolveAsync(place.Host, cancellationToken).WaitAsync(cancellationToken);
            return addresses.Take(MostAddresses).Select(address => new IPEndPoint(address, place.Port));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ArgumentException)
        {
            return [];
        }
    }

    private static bool IsInReach(IPAddress address, IReadOnlyList<EndPoint> known)
    {
        // All of them: DNS is the edge's too, and one private address in its answer must not open a private network.
        var addresses = known.OfType<IPEndPoint>().Select(endPoint => endPoint.Address).ToList();
        return IPAddress.IsLoopback(address) ? addresses.Count > 0 && addresses.TrueForAll(IPAddress.IsLoopback)
            : Private.Allows(address) ? addresses.Count > 0 && addresses.TrueForAll(one => Private.Allows(one) || IPAddress.IsLoopback(one))
            : Anywhere.Allows(address);
    }
}
