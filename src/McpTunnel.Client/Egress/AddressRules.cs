using System.Net;
using System.Net.Sockets;

namespace McpTunnel.Client.Egress;

/// <summary>
/// Decides which addresses may be dialled. An address in a range that no service should be reached at by accident (this machine,
/// link-local with its cloud metadata services, multicast, unspecified, …) needs a network that lies inside that range; a wide one
/// such as 0.0.0.0/0 does not name it. Immutable.
/// </summary>
public sealed class AddressRules
{
    private static readonly IPNetwork[] OnlyWhenNamed =
    [
        IPNetwork.Parse("0.0.0.0/8"),
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("192.0.0.0/24"),
        IPNetwork.Parse("224.0.0.0/4"),
        IPNetwork.Parse("240.0.0.0/4"),
        IPNetwork.Parse("::/128"),
        IPNetwork.Parse("::1/128"),
        IPNetwork.Parse("fe80::/10"),
        IPNetwork.Parse("fec0::/10"),
        IPNetwork.Parse("ff00::/8"),

        // Metadata services of large clouds, inside ranges of private or shared addresses: EC2, Compute Engine, Alibaba Cloud. And the
        // public address under which Azure serves its virtual machines the same.
        IPNetwork.Parse("fd00:ec2::/32"),
        IPNetwork.Parse("fd20:ce::254/128"),
        IPNetwork.Parse("100.100.100.200/32"),
        IPNetwork.Parse("168.63.129.16/32"),

        // IPv4 inside IPv6: translated (RFC 6052, RFC 8215), Teredo, 6to4, compatible. Where such a path exists it leads to the IPv4 address within.
        IPNetwork.Parse("64:ff9b::/96"),
        IPNetwork.Parse("64:ff9b:1::/48"),
        IPNetwork.Parse("2001::/32"),
        IPNetwork.Parse("2002::/16"),
        IPNetwork.Parse("::/96"),
    ];

    private readonly IPNetwork[] _allowed;

    /// <param name="allowed">The networks named in the configuration.</param>
    public AddressRules(IReadOnlyList<IPNetwork> allowed) => _allowed = [.. allowed];

    /// <summary>Whether the networks hold no public address back.</summary>
    public bool AllowAnyPublicAddress => Array.Exists(_allowed, network => network.PrefixLength == 0);

    /// <summary>Whether <paramref name="address"/> may be dialled.</summary>
    public bool Allows(IPAddress address)
    {
        address = Plain(address);
        var special = Array.FindAll(OnlyWhenNamed, range => range.Contains(address));
        foreach (var network in _allowed)
        {
            if (network.Contains(address) && Array.TrueForAll(special, range => LiesIn(network, range)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The IPv4 address of an IPv4-mapped IPv6 one, which is where the operating system would connect; never with a scope.</summary>
    private static IPAddress Plain(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? new IPAddress(address.GetAddressBytes())
        : address;

    private static bool LiesIn(IPNetwork network, IPNetwork range) =>
        network.PrefixLength >= range.PrefixLength && range.Contains(network.BaseAddress);
}
