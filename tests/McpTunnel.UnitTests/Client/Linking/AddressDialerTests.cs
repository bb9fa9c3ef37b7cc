using System.Net;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Linking;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AddressDialerTests : IHostResolver
{
    private static readonly TimeSpan FailureCounts = TimeSpan.FromSeconds(30);

    private static readonly LinkAttempt Any = new(0, 0, 1, []);

    private readonly FakeTimeProvider _time = new();
    private readonly EdgeAddresses _addresses;
    private readonly Dictionary<EndPoint, Exception> _failures = [];
    private readonly List<(EndPoint Address, TimeSpan Patience)> _dials = [];
    private int _nodes = 3;

    public AddressDialerTests() => _addresses = new EdgeAddresses("link.edge.test", 443, [], this, FailureCounts, _time, static () => 0.5);

    [TestCase(Carrier.Quic)]
    [TestCase(Carrier.Tls)]
    public async Task F11_two_of_three_addresses_that_are_dead_do_not_cost_the_carrier_and_are_the_last_choice_then(Carrier carrier)
    {
        (_failures[At(1)], _failures[At(2)]) = (Dead(), Dead());

        await DialAsync(carrier);

        Assert.That(_dials.Select(dial => dial.Address), Is.EqualTo(new[] { At(1), At(2), At(3) }));
        Assert.That((await OrderAsync())[0], Is.EqualTo(At(3)));
    }

    [Test]
    public async Task Address_that_another_one_may_stand_in_for_gets_little_time_and_the_last_one_all_of_it()
    {
        (_failures[At(1)], _failures[At(2)]) = (Dead(), Dead());

        await DialAsync(Carrier.Tls);

        Assert.That(_dials.Select(dial => dial.Patience.TotalSeconds), Is.EqualTo(new[] { 5, 5, 15 }));
    }

    [Test]
    public void Edge_of_many_addresses_that_swallow_packets_holds_up_the_next_carrier_for_half_a_minute_at_most()
    {
        _nodes = 20;
        AllFail(Dead);

        Assert.That(() => DialAsync(Carrier.Tls, each: _time.Advance), Throws.InstanceOf<LinkConnectException>());

        Assert.That(_dials, Has.Count.EqualTo(6));
    }

    [TestCase(1, 2.5)]
    [TestCase(2, 1.25, 1.25)]
    [TestCase(3, 1.25, 1.25)]
    public void F12_blocked_UDP_holds_up_the_next_carrier_for_seconds_and_says_nothing_about_addresses(int nodes, params double[] patience)
    {
        _nodes = nodes;
        AllFail(Dead);

        Assert.That(() => DialAsync(Carrier.Quic, each: _time.Advance), Throws.InstanceOf<LinkConnectException>());

        Assert.That(_dials.Select(dial => dial.Patience.TotalSeconds), Is.EqualTo(patience), "a link is up on the next carrier within 5 s");
        Assert.That(() => OrderAsync().Result, Is.EqualTo(Enumerable.Range(1, nodes).Select(At)));
    }

    [Test]
    public void F12_addresses_that_say_no_at_once_leave_the_time_over_UDP_to_the_others()
    {
        AllFail(Dead);

        Assert.That(() => DialAsync(Carrier.Quic, each: patience => _time.Advance(_dials.Count == 2 ? patience - TimeSpan.FromMilliseconds(1) : TimeSpan.Zero)), Throws.InstanceOf<LinkConnectException>());

        Assert.That(_dials.Select(dial => dial.Patience.TotalSeconds), Is.EqualTo(new[] { 1.25, 1.25, 1.25 }));
    }

    [Test]
    public async Task Node_that_does_not_know_the_client_is_passed_over_for_one_that_does()
    {
        (_failures[At(1)], _failures[At(2)]) = (Unknown(), Unknown());

        await DialAsync(Carrier.Tls);

        Assert.That(_dials.Select(dial => dial.Address), Is.EqualTo(new[] { At(1), At(2), At(3) }));
        Assert.That((await OrderAsync())[0], Is.EqualTo(At(3)));
    }

    [TestCase(true, false, Description = "every node says so")]
    [TestCase(false, true, Description = "one could not be asked")]
    public void Client_that_no_node_knows_is_refused_for_good_only_when_all_were_asked(bool allAnswer, bool retryable)
    {
        AllFail(Unknown);
        _failures[At(2)] = allAnswer ? Unknown() : Dead();

        Assert.That(() => DialAsync(Carrier.Tls), Throws.InstanceOf<LinkRefusedException>().With.Property(nameof(LinkRefusedException.Retryable)).EqualTo(retryable));
        Assert.That(_dials, Has.Count.EqualTo(3));
    }

    [Test]
    public void Credentials_that_the_proxy_does_not_accept_are_shown_once()
    {
        AllFail(static () => new LinkConnectException("407") { Fault = LinkConnectFault.ProxyAuthentication });

        Assert.That(() => DialAsync(Carrier.Tls), Throws.InstanceOf<LinkConnectException>());
        Assert.That(_dials, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Dial_for_the_sake_of_the_best_address_tries_no_other_and_marks_it()
    {
        _failures[At(1)] = Dead();

        await DialAsync(Carrier.Quic, anotherFollows: false, best: true, expectLink: false);

        Assert.That(_dials, Is.EqualTo(new[] { (At(1), TimeSpan.FromSeconds(15)) }));
        Assert.That((await OrderAsync())[^1], Is.EqualTo(At(1)));
    }

    [Test]
    public async Task Forced_carrier_marks_every_address_that_is_dead_though_none_took_the_link()
    {
        _nodes = 2;
        AllFail(Dead);
        await DialAsync(Carrier.Quic, forced: true, anotherFollows: false, expectLink: false);
        _nodes = 3;

        Assert.That((await OrderAsync())[0], Is.EqualTo(At(3)));
    }

    [Test]
    public void Refusal_at_one_address_is_told_rather_than_silence_at_the_next()
    {
        _failures[At(1)] = Refusal("edge_overloaded");
        (_failures[At(2)], _failures[At(3)]) = (Dead(), Dead());

        Assert.That(() => DialAsync(Carrier.Tls), Throws.InstanceOf<LinkRefusedException>());
        Assert.That(_dials, Has.Count.EqualTo(3));
    }

    [Test]
    public void F26_fleet_that_is_full_is_not_asked_node_after_node()
    {
        AllFail(() => Refusal("edge_overloaded"));

        Assert.That(() => DialAsync(Carrier.Tls), Throws.InstanceOf<LinkRefusedException>());
        Assert.That(_dials, Has.Count.EqualTo(2));
    }

    [Test]
    public void Refusal_for_good_is_the_last_word()
    {
        AllFail(() => new LinkRefusedException("token_revoked", retryable: false, null, "Make a new token."));

        Assert.That(() => DialAsync(Carrier.Tls), Throws.InstanceOf<LinkRefusedException>());
        Assert.That(_dials, Has.Count.EqualTo(1));
    }

    Task<IPAddress[]> IHostResolver.ResolveAsync(string host, CancellationToken cancellationToken) =>
        Task.FromResult(Enumerable.Range(1, _nodes).Select(node => IPAddress.Parse($"192.0.2.{node}")).ToArray());

    private async Task DialAsync(Carrier carrier, bool forced = false, bool anotherFollows = true, bool best = false, bool expectLink = true, Action<TimeSpan>? each = null)
    {
        var dialer = new AddressDialer(_addresses, forced, TimeSpan.FromSeconds(15), _time);
        try
        {
            await dialer.DialAsync(
                carrier,
                Any with { BestAddressOnly = best },
                anotherFollows,
                (address, patience, _) =>
                {
                    _dials.Add((address, patience));
                    each?.Invoke(patience);
                    return _failures.TryGetValue(address, out var failure) ? Task.FromException<ILink>(failure) : Task.FromResult<ILink>(new FakeLink());
                },
                CancellationToken.None);
        }
        catch (LinkConnectException) when (!expectLink)
        {
            // As the test says.
        }
    }

    private Task<IReadOnlyList<EndPoint>> OrderAsync() => _addresses.ForAsync(0, FailureCounts, CancellationToken.None);

    private void AllFail(Func<Exception> failure)
    {
        for (var node = 1; node <= _nodes; node++)
        {
            _failures[At(node)] = failure();
        }
    }

    private static IPEndPoint At(int node) => new(IPAddress.Parse($"192.0.2.{node}"), 443);

    private static LinkConnectException Dead() => new("no answer.") { Fault = LinkConnectFault.Unreachable };

    private static LinkRefusedException Unknown() => new("certificate_invalid", retryable: false, null, "The edge has no record of it.");

    private static LinkRefusedException Refusal(string code) => new(code, retryable: true, null, "");
}
