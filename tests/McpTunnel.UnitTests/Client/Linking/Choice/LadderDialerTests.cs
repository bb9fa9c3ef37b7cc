using McpTunnel.Client.Linking;
using McpTunnel.Client.Linking.Choice;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking.Choice;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LadderDialerTests
{
    private readonly CarrierChoice _choice =
        new(new CarrierChoiceOptions { Rungs = [Carrier.Quic, Carrier.Tls, Carrier.Websocket] }, new FakeTimeProvider());

    private readonly Dictionary<Carrier, Exception> _failures = [];
    private readonly List<(Carrier Carrier, bool AnotherFollows)> _dials = [];

    [Test]
    public async Task First_rung_that_works_has_the_link()
    {
        _failures[Carrier.Quic] = new LinkConnectException("UDP is blocked");

        await DialAsync();

        Assert.That(_dials, Is.EqualTo(new[] { (Carrier.Quic, true), (Carrier.Tls, true) }));
        Assert.That(_choice.Current, Is.EqualTo(Carrier.Tls));
    }

    [Test]
    public void Refusal_shows_that_the_carrier_works_and_is_the_last_word()
    {
        _failures[Carrier.Quic] = new LinkConnectException("UDP is blocked");
        _failures[Carrier.Tls] = new LinkRefusedException("token_revoked", retryable: false, null, "");

        Assert.That(DialAsync, Throws.InstanceOf<LinkRefusedException>());
        Assert.That((_dials.Count, _choice.Current), Is.EqualTo((2, Carrier.Tls)));
    }

    [Test]
    public void Message_says_why_each_rung_failed()
    {
        _failures[Carrier.Quic] = new LinkConnectException("no answer.");
        _failures[Carrier.Tls] = new LinkConnectException("refused.");
        _failures[Carrier.Websocket] = new LinkConnectException("refused too.");

        Assert.That(DialAsync, Throws.InstanceOf<LinkConnectException>().With.Message.EqualTo("quic: no answer. tls: refused. websocket: refused too."));
        Assert.That((_dials[^1], _choice.Current), Is.EqualTo(((Carrier.Websocket, false), Carrier.Quic)));
    }

    [Test]
    public void Fault_is_what_the_first_carrier_over_tcp_met()
    {
        _failures[Carrier.Quic] = new LinkConnectException("no answer.") { Fault = LinkConnectFault.Unreachable };
        _failures[Carrier.Tls] = new LinkConnectException("refused.") { Fault = LinkConnectFault.ProxyAuthentication };
        _failures[Carrier.Websocket] = new LinkConnectException("refused too.") { Fault = LinkConnectFault.ProxyRefused };

        Assert.That(DialAsync, Throws.InstanceOf<LinkConnectException>().With.Property(nameof(LinkConnectException.Fault)).EqualTo(LinkConnectFault.ProxyAuthentication));
    }

    [Test]
    public void Probe_tries_its_own_rungs_only()
    {
        _failures[Carrier.Quic] = new LinkConnectException("blocked");

        Assert.That(() => DialAsync([Carrier.Quic]), Throws.InstanceOf<LinkConnectException>().With.Message.EqualTo("blocked"));
        Assert.That(_dials, Is.EqualTo(new[] { (Carrier.Quic, false) }));
    }

    [Test]
    public async Task F12_address_that_does_not_take_the_carrier_does_not_take_all_links_to_another_one()
    {
        _failures[Carrier.Quic] = new LinkConnectException("not at this node");

        Assert.That(() => DialAsync([], bestAddressOnly: true), Throws.InstanceOf<LinkConnectException>());
        _failures.Clear();
        await DialAsync([Carrier.Tls]);

        Assert.That(_dials, Is.EqualTo(new[] { (Carrier.Quic, false), (Carrier.Tls, false) }));
        Assert.That(_choice.Current, Is.EqualTo(Carrier.Quic));
    }

    [Test]
    public async Task F11_name_that_does_not_resolve_is_no_carriers_fault()
    {
        _failures[Carrier.Quic] = new LinkConnectException("the name does not resolve.") { Fault = LinkConnectFault.NameNotResolved };

        Assert.That(DialAsync, Throws.InstanceOf<LinkConnectException>().With.Message.EqualTo("the name does not resolve."));
        var dials = _dials.Count;
        await DialAsync([Carrier.Tls]);

        Assert.That((dials, _choice.Current), Is.EqualTo((1, Carrier.Quic)));
    }

    [Test]
    public void F14_credentials_that_the_proxy_does_not_accept_are_not_shown_again_on_the_next_carrier()
    {
        _failures[Carrier.Quic] = new LinkConnectException("no answer.");
        _failures[Carrier.Tls] = new LinkConnectException("the proxy does not accept the credentials.") { Fault = LinkConnectFault.ProxyAuthentication };

        Assert.That(DialAsync, Throws.InstanceOf<LinkConnectException>().With.Message.EqualTo("the proxy does not accept the credentials."));
        Assert.That(_dials.Select(dial => dial.Carrier), Is.EqualTo(new[] { Carrier.Quic, Carrier.Tls }));
    }

    private Task<ILink> DialAsync() => DialAsync([]);

    private Task<ILink> DialAsync(IReadOnlyList<Carrier> rungs, bool bestAddressOnly = false) =>
        new LadderDialer(_choice, (carrier, _, anotherFollows, _) =>
        {
            _dials.Add((carrier, anotherFollows));
            return _failures.TryGetValue(carrier, out var failure) ? Task.FromException<ILink>(failure) : Task.FromResult<ILink>(new FakeLink());
        }).DialAsync(new LinkAttempt(0, 0, 1, rungs, bestAddressOnly), CancellationToken.None);
}
