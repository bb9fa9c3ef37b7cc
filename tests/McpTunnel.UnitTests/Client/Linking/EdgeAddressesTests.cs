using System.Net;
using System.Net.Sockets;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Linking;
using McpTunnel.Transport;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EdgeAddressesTests
{
    private static readonly IPAddress[] Nodes = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2"), IPAddress.Parse("2001:db8::3")];

    private static readonly TimeSpan FailureCounts = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();

    [Test]
    public async Task F25_links_spread_over_the_addresses()
    {
        var addresses = NewAddresses(() => Nodes);

        var taken = new List<EndPoint>();
        for (var slot = 0; slot < 4; slot++)
        {
            taken.Add(await addresses.ForAsync(slot, CancellationToken.None));
            addresses.Worked(slot, taken[slot]);
        }

        Assert.That(taken, Is.EqualTo(new[] { At(0), At(1), At(2), At(0) }));
        Assert.That(addresses.IsUneven, Is.False);
    }

    [Test]
    public async Task Address_that_failed_is_the_last_choice_for_half_a_minute()
    {
        var addresses = NewAddresses(() => Nodes);
        addresses.Failed(0, At(0));

        var afterFailure = await addresses.ForAsync(0, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(30));
        var later = await addresses.ForAsync(0, CancellationToken.None);

        Assert.That((afterFailure, later), Is.EqualTo((At(1), At(0))));
    }

    [Test]
    public async Task Node_that_is_back_makes_the_links_uneven_until_one_has_moved()
    {
        var addresses = NewAddresses(() => Nodes[..2]);
        await addresses.ForAsync(0, CancellationToken.None);
        addresses.Worked(0, At(1));
        addresses.Worked(1, At(1));
        addresses.Failed(0, At(0));
        var whileAway = addresses.IsUneven;

        _time.Advance(TimeSpan.FromSeconds(30));
        var back = addresses.IsUneven;
        var next = await addresses.ForAsync(0, CancellationToken.None);
        addresses.Worked(0, next);

        Assert.That((whileAway, back, next, addresses.IsUneven), Is.EqualTo((false, true, At(0), false)));
    }

    [Test]
    public async Task Configured_addresses_are_used_in_place_of_DNS()
    {
        var addresses = new EdgeAddresses("link.edge.test", 443, [new DnsEndPoint("balancer", 8443)], new Resolver(() => throw new InvalidOperationException()), FailureCounts, _time);

        Assert.That(await addresses.ForAsync(3, CancellationToken.None), Is.EqualTo(new DnsEndPoint("balancer", 8443)));
    }

    [Test]
    public async Task DNS_is_asked_for_every_attempt()
    {
        var answer = Nodes[..1];
        var addresses = NewAddresses(() => answer);
        addresses.Worked(0, await addresses.ForAsync(0, CancellationToken.None));

        answer = Nodes[1..2];

        Assert.That(await addresses.ForAsync(0, CancellationToken.None), Is.EqualTo(At(1)));
    }

    [Test]
    public void Name_that_does_not_resolve_is_said_with_what_to_do()
    {
        var addresses = NewAddresses(() => throw new SocketException((int)SocketError.HostNotFound));

        Assert.That(
            () => addresses.ForAsync(0, CancellationToken.None),
            Throws.InstanceOf<LinkConnectException>().With.Message.EqualTo(
                "link.edge.test:443: the name does not resolve (HostNotFound). Check the edge's address and this machine's DNS, or set 'edgeEndPoints'."));
    }

    private EdgeAddresses NewAddresses(Func<IPAddress[]> answer) => new("link.edge.test", 443, [], new Resolver(answer), FailureCounts, _time);

    private static IPEndPoint At(int node) => new(Nodes[node], 443);

    private sealed class Resolver(Func<IPAddress[]> answer) : IHostResolver
    {
        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Task.FromResult(answer());
    }
}
