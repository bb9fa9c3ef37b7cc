using System.Net;
using System.Net.Sockets;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Linking;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EdgeAddressesTests
{
    private static readonly IPAddress[] Nodes = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2"), IPAddress.Parse("2001:db8::3")];

    private static readonly TimeSpan FailureCounts = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly FakeTimeProvider _time = new();

    [Test]
    public async Task F25_links_spread_over_the_addresses()
    {
        var addresses = NewAddresses(() => Nodes);

        var taken = new List<EndPoint>();
        for (var slot = 0; slot < 4; slot++)
        {
            taken.Add(await FirstAsync(addresses, slot));
            addresses.Worked(slot, taken[slot], new FakeLink());
        }

        Assert.That(taken, Is.EqualTo(new[] { At(0), At(1), At(2), At(0) }));
        Assert.That(addresses.IsUneven, Is.False);
    }

    [Test]
    public async Task Address_that_failed_is_the_last_choice_for_half_a_minute()
    {
        var addresses = NewAddresses(() => Nodes);
        addresses.Failed(At(0));

        var afterFailure = await FirstAsync(addresses, 0);
        _time.Advance(TimeSpan.FromSeconds(30));
        var later = await FirstAsync(addresses, 0);

        Assert.That((afterFailure, later), Is.EqualTo((At(1), At(0))));
    }

    [Test]
    public async Task Address_of_a_node_that_restarts_is_looked_at_every_five_seconds_and_one_that_stays_dead_less_and_less_often()
    {
        var addresses = await NewAddressesWithLinksAtFirstAsync();
        var holds = new List<double>();
        for (var failure = 0; failure < 36; failure++)
        {
            addresses.Failed(At(1));
            addresses.Failed(At(1));
            holds.Add(UntilUneven(addresses));
        }

        Assert.Multiple(() =>
        {
            Assert.That(holds[..4], Is.EqualTo(new[] { 2, 4, 5, 5 }), "however many slots met each failure");
            Assert.That(holds.TakeWhile(hold => hold <= 5).Sum(), Is.InRange(115, 126), "for two minutes");
            Assert.That(holds.SkipWhile(hold => hold <= 5).Take(10), Is.EqualTo(new[] { 10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800 }));
        });
    }

    [Test]
    public async Task Address_that_took_a_link_for_a_minute_starts_over_and_one_that_took_it_for_a_moment_does_not()
    {
        var addresses = await NewAddressesWithLinksAtFirstAsync();
        var ended = new FakeLink();
        await ended.CloseAsync(TunnelCode.Shutdown, "edge restarts");
        addresses.Failed(At(1));
        UntilUneven(addresses);

        addresses.Worked(2, At(1), ended);
        _time.Advance(TimeSpan.FromSeconds(59));
        addresses.Failed(At(1));
        var brief = UntilUneven(addresses);
        addresses.Worked(2, At(1), ended);
        _time.Advance(TimeSpan.FromSeconds(60));
        addresses.Failed(At(1));

        Assert.That((brief, UntilUneven(addresses)), Is.EqualTo((4, 2)));
    }

    [Test]
    public async Task F26_clients_that_lost_the_same_node_look_for_it_at_moments_of_their_own()
    {
        var holds = new List<double>();
        foreach (var chance in new[] { 0.0, 0.999 })
        {
            var addresses = await NewAddressesWithLinksAtFirstAsync(() => chance);
            addresses.Failed(At(1));
            addresses.Failed(At(1));
            holds.Add(UntilUneven(addresses));
            addresses.Failed(At(1));
            holds.Add(UntilUneven(addresses));
        }

        Assert.That(holds, Is.EqualTo(new[] { 1.5, 3, 2.5, 5 }), "a quarter less up to a quarter more");
    }

    [Test]
    public async Task Address_that_is_dead_while_no_link_is_up_is_tried_again_soon_since_it_may_be_the_network()
    {
        var addresses = NewAddresses(() => Nodes[..2]);
        for (var failure = 0; failure < 8; failure++)
        {
            addresses.Failed(At(0));
            _time.Advance(FailureCounts);
        }

        Assert.That(await FirstAsync(addresses, 0), Is.EqualTo(At(0)));
    }

    [Test]
    public async Task Node_that_is_back_makes_the_links_uneven_until_one_has_moved()
    {
        var addresses = NewAddresses(() => Nodes[..2]);
        await FirstAsync(addresses, 0);
        addresses.Worked(0, At(1), new FakeLink());
        addresses.Worked(1, At(1), new FakeLink());
        addresses.Failed(At(0));
        var whileAway = addresses.IsUneven;

        _time.Advance(TimeSpan.FromSeconds(30));
        var back = addresses.IsUneven;
        var next = await FirstAsync(addresses, 0);
        addresses.Worked(0, next, new FakeLink());

        Assert.That((whileAway, back, next, addresses.IsUneven), Is.EqualTo((false, true, At(0), false)));
    }

    [Test]
    public async Task Configured_addresses_are_used_in_place_of_DNS()
    {
        var addresses = new EdgeAddresses("link.edge.test", 443, [new DnsEndPoint("balancer", 8443)], new Resolver(() => throw new InvalidOperationException()), FailureCounts, _time, static () => 0.5);

        Assert.That(await FirstAsync(addresses, 3), Is.EqualTo(new DnsEndPoint("balancer", 8443)));
    }

    [Test]
    public async Task DNS_is_asked_for_every_attempt()
    {
        var answer = Nodes[..1];
        var addresses = NewAddresses(() => answer);
        addresses.Worked(0, await FirstAsync(addresses, 0), new FakeLink());

        answer = Nodes[1..2];

        Assert.That(await FirstAsync(addresses, 0), Is.EqualTo(At(1)));
    }

    [Test]
    public void Name_that_does_not_resolve_is_said_with_what_to_do()
    {
        var addresses = NewAddresses(() => throw new SocketException((int)SocketError.HostNotFound));

        Assert.That(
            () => addresses.ForAsync(0, Patience, CancellationToken.None),
            Throws.InstanceOf<LinkConnectException>().With.Message.EqualTo(
                "link.edge.test:443: the name does not resolve (HostNotFound). Check the edge's address and this machine's DNS, or set 'edgeEndPoints'."));
    }

    [Test]
    public async Task F11_DNS_that_never_answers_ends_the_attempt_in_time_and_is_named()
    {
        var addresses = new EdgeAddresses("link.edge.test", 443, [], new HangingResolver(), FailureCounts, _time, static () => 0.5);
        var attempt = addresses.ForAsync(0, Patience, CancellationToken.None);
        _time.Advance(Patience - TimeSpan.FromSeconds(1));
        var before = attempt.IsCompleted;

        _time.Advance(TimeSpan.FromSeconds(1));

        var failure = await Assert.ThrowsAsync<LinkConnectException>(() => attempt.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.That(before, Is.False);
        Assert.That((failure!.Fault, failure.Message), Is.EqualTo((
            LinkConnectFault.NameNotResolved,
            "link.edge.test:443: DNS said nothing about the name within 15 s. Check the edge's address and this machine's DNS, or set 'edgeEndPoints'.")));
    }

    [Test]
    public void Stop_does_not_wait_for_DNS()
    {
        using var stop = new CancellationTokenSource();
        var attempt = new EdgeAddresses("link.edge.test", 443, [], new HangingResolver(), FailureCounts, _time, static () => 0.5).ForAsync(0, Patience, stop.Token);

        stop.Cancel();

        Assert.That(() => attempt.WaitAsync(TimeSpan.FromSeconds(10)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task F25_links_spread_over_the_nodes_that_the_edge_names_and_begin_at_its_own_address()
    {
        var addresses = NewAddresses(() => Nodes[..1]);
        var taken = new List<EndPoint>();
        for (var slot = 0; slot < 4; slot++)
        {
            taken.Add(await FirstAsync(addresses, slot));
            addresses.Worked(slot, taken[slot], Naming("192.0.2.2:8443"));
        }

        var other = new IPEndPoint(Nodes[1], 8443);
        Assert.That(taken, Is.EqualTo(new[] { At(0), other, At(0), other }));
    }

    [Test]
    public async Task F24_node_that_asks_to_leave_is_the_last_choice_at_once_and_the_named_one_the_first()
    {
        var drain = new TaskCompletionSource<DrainNotice>();
        var addresses = NewAddresses(() => Nodes[..1]);
        await FirstAsync(addresses, 0);
        addresses.Worked(0, At(0), Naming("192.0.2.2", drain.Task));
        var before = await FirstAsync(addresses, 0);

        drain.SetResult(new DrainNotice(TimeSpan.Zero, TimeSpan.FromSeconds(30), "The node is stopping."));

        Assert.That((before, await addresses.ForAsync(0, Patience, CancellationToken.None)), Is.EqualTo((At(0), new[] { At(1), At(0) })));
    }

    [Test]
    public async Task Named_nodes_are_where_the_edge_is_while_DNS_has_no_answer()
    {
        var answer = () => Nodes[..1];
        var addresses = new EdgeAddresses("link.edge.test", 443, [], new Resolver(() => answer()), FailureCounts, _time, static () => 0.5);
        addresses.Worked(0, await FirstAsync(addresses, 0), Naming("192.0.2.2"));

        answer = () => throw new SocketException((int)SocketError.TryAgain);

        Assert.That(await FirstAsync(addresses, 0), Is.EqualTo(At(1)));
    }

    [TestCase("192.0.2.1", "10.0.0.8:22", ExpectedResult = false, Description = "an edge in the internet cannot have a client dial into its own network")]
    [TestCase("192.0.2.1", "127.0.0.1:22", ExpectedResult = false)]
    [TestCase("192.0.2.1", "169.254.169.254:80", ExpectedResult = false)]
    [TestCase("10.0.0.7", "169.254.169.254:80", ExpectedResult = false)]
    [TestCase("10.0.0.7", "10.0.0.8:443", ExpectedResult = true, Description = "an edge inside")]
    [TestCase("10.0.0.7", "192.0.2.2", ExpectedResult = true)]
    [TestCase("127.0.0.1", "127.0.0.1:8443", ExpectedResult = true, Description = "a trial on one machine")]
    [TestCase("192.0.2.1", "[2001:db8::5]", ExpectedResult = true)]
    [TestCase("192.0.2.1", "192.0.2.2:0", ExpectedResult = false)]
    [TestCase("192.0.2.1", "user@192.0.2.2", ExpectedResult = false)]
    [TestCase("192.0.2.1", "https://192.0.2.2/path", ExpectedResult = false)]
    public async Task<bool> Named_node_is_dialled(string edge, string named)
    {
        var addresses = NewAddresses(() => [IPAddress.Parse(edge)]);
        addresses.Worked(0, await FirstAsync(addresses, 0), Naming(named));

        return (await addresses.ForAsync(0, Patience, CancellationToken.None)).Count == 2;
    }

    [Test]
    public async Task Private_address_in_the_edges_DNS_beside_a_public_one_opens_no_private_network()
    {
        IPAddress[] answer = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("10.0.0.7"), IPAddress.Loopback];
        var addresses = NewAddresses(() => answer);
        addresses.Worked(0, await FirstAsync(addresses, 0), Naming("10.0.0.8:22"));
        addresses.Worked(1, await FirstAsync(addresses, 1), Naming("127.0.0.1:22"));

        Assert.That(await addresses.ForAsync(2, Patience, CancellationToken.None), Is.EquivalentTo(answer.Select(address => new IPEndPoint(address, 443))));
    }

    [Test]
    public async Task Edge_that_names_many_nodes_is_taken_at_its_word_for_sixteen()
    {
        var addresses = NewAddresses(() => Nodes[..1]);
        var link = new FakeLink { OtherNodes = [.. Enumerable.Range(1, 64).Select(i => new OtherNode($"n{i}", $"198.51.100.{i}"))] };
        addresses.Worked(0, await FirstAsync(addresses, 0), link);

        Assert.That(await addresses.ForAsync(0, Patience, CancellationToken.None), Has.Count.EqualTo(1 + NamedNodes.MostNodes));
    }

    [Test]
    public async Task Written_addresses_are_all_there_is()
    {
        var written = new IPEndPoint(Nodes[2], 443);
        var addresses = new EdgeAddresses("link.edge.test", 443, [written], new Resolver(() => Nodes), FailureCounts, _time, static () => 0.5);
        addresses.Worked(0, await FirstAsync(addresses, 0), Naming("192.0.2.2"));

        Assert.That(await addresses.ForAsync(0, Patience, CancellationToken.None), Is.EqualTo(new[] { written }));
    }

    private static FakeLink Naming(string authority, Task<DrainNotice>? drain = null)
    {
        var link = new FakeLink { OtherNodes = [new OtherNode("edge-2", authority)] };
        return drain is null ? link : new FakeLink { OtherNodes = link.OtherNodes, DrainRequested = drain };
    }

    private static async Task<EndPoint> FirstAsync(EdgeAddresses addresses, int slot) => (await addresses.ForAsync(slot, Patience, CancellationToken.None))[0];

    private EdgeAddresses NewAddresses(Func<IPAddress[]> answer, Func<double>? random = null) =>
        new("link.edge.test", 443, [], new Resolver(answer), FailureCounts, _time, random ?? (static () => 0.5));

    /// <summary>Two addresses, and two links at the first of them.</summary>
    private async Task<EdgeAddresses> NewAddressesWithLinksAtFirstAsync(Func<double>? random = null)
    {
        var addresses = NewAddresses(() => Nodes[..2], random);
        addresses.Worked(0, await FirstAsync(addresses, 0), new FakeLink());
        addresses.Worked(1, At(0), new FakeLink());
        return addresses;
    }

    /// <summary>Seconds until the address that has no link is worth a look.</summary>
    private double UntilUneven(EdgeAddresses addresses)
    {
        var began = _time.GetTimestamp();
        while (!addresses.IsUneven)
        {
            _time.Advance(TimeSpan.FromSeconds(0.5));
        }

        return _time.GetElapsedTime(began).TotalSeconds;
    }

    private static IPEndPoint At(int node) => new(Nodes[node], 443);

    private sealed class Resolver(Func<IPAddress[]> answer) : IHostResolver
    {
        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Task.FromResult(answer());
    }

    /// <summary>As a system's resolver may be: it does not even care for being cancelled.</summary>
    private sealed class HangingResolver : IHostResolver
    {
        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => new TaskCompletionSource<IPAddress[]>().Task;
    }
}
