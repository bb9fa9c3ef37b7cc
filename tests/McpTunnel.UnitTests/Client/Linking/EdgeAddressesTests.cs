using System.Net;
using System.Net.Sockets;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Linking;
using McpTunnel.Transport;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking;

public sealed class EdgeAddressesTests
{
    private static readonly IPAddress[] Nodes = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2"), IPAddress.Parse("2001:db8::3")];

    [Test]
    public async Task F25_links_begin_at_different_addresses_and_go_on_to_the_next()
    {
        var addresses = new EdgeAddresses("link.edge.test", 443, [], new Resolver(() => Nodes));

        var first = new List<EndPoint>();
        for (var index = 0; index < 4; index++)
        {
            first.Add(await addresses.ForAsync(new LinkAttempt(index, 1, []), CancellationToken.None));
        }

        Assert.That(first, Is.EqualTo(new[] { At(0), At(1), At(2), At(0) }));
        Assert.That(await addresses.ForAsync(new LinkAttempt(0, 2, []), CancellationToken.None), Is.EqualTo(At(1)));
    }

    [Test]
    public async Task Configured_addresses_are_used_in_place_of_DNS()
    {
        var addresses = new EdgeAddresses("link.edge.test", 443, [new DnsEndPoint("balancer", 8443)], new Resolver(() => throw new InvalidOperationException()));

        Assert.That(await addresses.ForAsync(new LinkAttempt(3, 9, []), CancellationToken.None), Is.EqualTo(new DnsEndPoint("balancer", 8443)));
    }

    [Test]
    public async Task DNS_is_asked_for_every_attempt()
    {
        var answer = Nodes[..1];
        var addresses = new EdgeAddresses("link.edge.test", 443, [], new Resolver(() => answer));
        await addresses.ForAsync(new LinkAttempt(0, 1, []), CancellationToken.None);

        answer = Nodes[1..2];

        Assert.That(await addresses.ForAsync(new LinkAttempt(0, 2, []), CancellationToken.None), Is.EqualTo(At(1)));
    }

    [Test]
    public void Name_that_does_not_resolve_is_said_with_what_to_do()
    {
        var addresses = new EdgeAddresses("link.edge.test", 443, [], new Resolver(() => throw new SocketException((int)SocketError.HostNotFound)));

        Assert.That(
            () => addresses.ForAsync(new LinkAttempt(0, 1, []), CancellationToken.None),
            Throws.InstanceOf<LinkConnectException>().With.Message.EqualTo(
                "link.edge.test:443: the name does not resolve (HostNotFound). Check the edge's address and this machine's DNS, or set 'edgeEndPoints'."));
    }

    private static IPEndPoint At(int node) => new(Nodes[node], 443);

    private sealed class Resolver(Func<IPAddress[]> answer) : IHostResolver
    {
        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Task.FromResult(answer());
    }
}
