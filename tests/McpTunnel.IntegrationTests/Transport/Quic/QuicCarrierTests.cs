using System.Net;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.IntegrationTests.Transport.Quic;

/// <summary>The beginning and the end of links over QUIC.</summary>
[Category("Quic")]
[CancelAfter(60_000)]
public sealed class QuicCarrierTests
{
    [Test]
    public async Task DialAsync_both_ends_agree_on_the_link(CancellationToken cancellationToken)
    {
        await using var pair = await QuicCarrierFixture.CreatePairAsync();

        Assert.That(pair.Client.Identity.LinkId, Is.EqualTo(pair.Edge.Identity.LinkId));
        Assert.That((pair.Client.Carrier, pair.Edge.Carrier), Is.EqualTo((Carrier.Quic, Carrier.Quic)));
        Assert.That((pair.Client.StreamCount, pair.Edge.StreamCount), Is.EqualTo((0, 0)), "the control stream is not counted");
        var (edge, client) = await pair.OpenAsync();
        Assert.That(client.Id, Is.EqualTo(edge.Id), "both ends name a stream alike in their logs");
        Assert.That(cancellationToken.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task DialAsync_refused_hello_says_code_and_detail(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync(_ => LinkDecision.Refuse(TunnelCode.TokenRevoked, "The token was revoked."));

        var refusal = (await Assert.ThrowsAsync<LinkRefusedException>(() => fixture.Dialer().DialAsync(LinkPair.Hello(), cancellationToken)))!;

        Assert.That((refusal.Code, refusal.Retryable, refusal.Detail), Is.EqualTo((TunnelCode.TokenRevoked, false, "The token was revoked.")));
    }

    [Test]
    public async Task DialAsync_by_address_finds_the_edge_by_the_address_in_its_certificate(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync();
        var dialer = fixture.Dialer(change: dial => dial with { Edge = new Uri($"https://127.0.0.1:{fixture.Listener.EndPoint.Port}"), ConnectTo = null });

        await using var link = await dialer.DialAsync(LinkPair.Hello(), cancellationToken);

        Assert.That(link.State, Is.EqualTo(LinkState.Active));
    }

    [Test]
    public async Task DialAsync_by_host_name_resolves_it(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync();
        var dialer = fixture.Dialer(change: dial => dial with { ConnectTo = new DnsEndPoint("localhost", fixture.Listener.EndPoint.Port, System.Net.Sockets.AddressFamily.InterNetwork) });

        await using var link = await dialer.DialAsync(LinkPair.Hello(), cancellationToken);

        Assert.That(link.State, Is.EqualTo(LinkState.Active));
    }

    [Test]
    public async Task DialAsync_certificate_of_another_name_is_explained(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync();
        var dialer = fixture.Dialer(change: dial => dial with { Edge = new Uri("https://localhost:1") });

        var failure = (await Assert.ThrowsAsync<LinkConnectException>(() => dialer.DialAsync(LinkPair.Hello(), cancellationToken)))!;

        Assert.That(failure.Message, Does.Contain("localhost"));
    }

    [Test]
    public async Task DialAsync_certificate_of_an_unknown_authority_is_explained(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync();
        var dialer = fixture.Dialer(change: dial => dial with { TrustedAuthorities = [LinkPair.NewCertificate()] });

        var failure = (await Assert.ThrowsAsync<LinkConnectException>(() => dialer.DialAsync(LinkPair.Hello(), cancellationToken)))!;

        Assert.That(failure.Fault, Is.EqualTo(LinkConnectFault.Intercepted));
    }

    [Test]
    public async Task DialAsync_link_certificate_that_the_edge_does_not_know_is_explained(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync();
        var dialer = fixture.Dialer(change: dial => dial with { Certificate = LinkPair.NewCertificate() });

        var failure = (await Assert.ThrowsAsync<LinkConnectException>(() => dialer.DialAsync(LinkPair.Hello(), cancellationToken)))!;

        Assert.That(failure.Message, Does.Contain("certificate"));
        Assert.That(fixture.Authorizer.FirstLink.IsCompleted, Is.False);
    }

    [Test]
    public async Task Edge_over_its_limit_refuses_and_lets_in_again_later(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync(admitted: 1);
        var first = await fixture.Dialer().DialAsync(LinkPair.Hello(), cancellationToken);

        await Assert.ThrowsAsync<LinkConnectException>(() => fixture.Dialer().DialAsync(LinkPair.Hello(1), cancellationToken));
        await first.CloseAsync(TunnelCode.Shutdown, "bye");
        await Eventually.ThatAsync(() => fixture.Admission.Connections == 0, "the place is free again");

        await using var second = await fixture.Dialer().DialAsync(LinkPair.Hello(1), cancellationToken);
        Assert.That(second.State, Is.EqualTo(LinkState.Active));
    }

    [Test]
    public async Task CloseAsync_tells_the_other_side_why_in_both_directions(CancellationToken cancellationToken)
    {
        await using var first = await QuicCarrierFixture.CreatePairAsync();
        await using var second = await QuicCarrierFixture.CreatePairAsync();

        await first.Edge.CloseAsync(TunnelCode.TokenRevoked, "Revoked by an administrator.");
        await second.Client.CloseAsync(TunnelCode.Shutdown, "The client stops.");

        var atClient = await first.Client.Closed.WaitAsync(cancellationToken);
        var atEdge = await second.Edge.Closed.WaitAsync(cancellationToken);
        Assert.That((atClient.Code, atClient.ByPeer), Is.EqualTo((TunnelCode.TokenRevoked, true)));
        Assert.That((atEdge.Code, atEdge.ByPeer), Is.EqualTo((TunnelCode.Shutdown, true)));
    }

    [Test]
    public async Task BeginDrain_streams_go_on_and_new_ones_are_refused(CancellationToken cancellationToken)
    {
        await using var pair = await QuicCarrierFixture.CreatePairAsync();
        var (edge, client) = await pair.OpenAsync();

        pair.Edge.BeginDrain(TunnelCode.EdgeDraining, "test");
        var notice = await pair.Client.DrainRequested.WaitAsync(cancellationToken);
        await client.Output.WriteAsync("still here"u8.ToArray(), cancellationToken);

        Assert.That(notice.Reason, Is.EqualTo("test"));
        Assert.That(await StreamBytes.ReadExactlyAsync(edge.Input, 10), Is.EqualTo("still here"u8.ToArray()));
        Assert.That(() => pair.Edge.OpenStream(), Throws.InstanceOf<LinkUnavailableException>());
    }

    [Test]
    public async Task Edge_that_stops_accepting_keeps_the_links_it_has(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync();
        await using var client = await fixture.Dialer().DialAsync(LinkPair.Hello(), cancellationToken);
        await using var pair = new LinkPair(await fixture.Authorizer.FirstLink, client);

        await fixture.Listener.StopAcceptingAsync();
        var (edge, stream) = await pair.OpenAsync();
        await stream.Output.WriteAsync("still here"u8.ToArray(), cancellationToken);

        Assert.That(await StreamBytes.ReadExactlyAsync(edge.Input, 10), Is.EqualTo("still here"u8.ToArray()));
        Assert.That(
            async () => await fixture.Dialer(change: dial => dial with { ConnectTimeout = TimeSpan.FromSeconds(1) }).DialAsync(LinkPair.Hello(1), cancellationToken),
            Throws.InstanceOf<LinkConnectException>());
    }

    [Test]
    public async Task Streams_that_nobody_takes_are_refused_at_the_limit_and_the_link_goes_on(CancellationToken cancellationToken)
    {
        const int limit = 20;
        await using var pair = await QuicCarrierFixture.CreatePairAsync(new LinkOptions { MaxStreams = limit });
        for (var i = 0; i < 4 * limit; i++)
        {
            var stream = pair.Edge.OpenStream();
            await stream.Output.WriteAsync(new byte[1], cancellationToken);
            await Eventually.ThatAsync(() => stream.Closed.IsCancellationRequested || pair.Client.StreamCount > 0, "the client has dealt with it");
            stream.Abort();
            await Eventually.ThatAsync(() => pair.Client.StreamCount == 0 && pair.Edge.StreamCount == 0, "the stream is released");
        }

        await pair.Edge.DisposeAsync();
        var taken = 0;
        while (await pair.Client.AcceptStreamAsync(cancellationToken) is not null)
        {
            taken++;
        }

        Assert.That(taken, Is.LessThanOrEqualTo(limit));
    }
}
