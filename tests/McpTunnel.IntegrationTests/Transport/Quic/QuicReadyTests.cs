using System.Net.Quic;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Quic;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Transport.Quic;

/// <summary>Nothing is sent to an edge that still judges the client's certificate: its native library would throw it away (decision 0069).</summary>
[Category("Quic")]
[CancelAfter(60_000)]
public sealed class QuicReadyTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    private readonly FakeTimeProvider _time = new();

    [Test]
    public async Task Client_says_hello_once_the_edge_says_that_it_is_ready(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync();
        await using var listener = await fixture.ListenRawAsync();
        var dialing = DialAsync(fixture, listener, cancellationToken);
        await using var edge = await listener.AcceptConnectionAsync(cancellationToken);

        var hello = edge.AcceptInboundStreamAsync(cancellationToken).AsTask();
        await Task.Delay(Quiet, cancellationToken);
        var early = hello.IsCompleted;
        await SayReadyAsync(edge, cancellationToken);

        Assert.That((await hello).Type, Is.EqualTo(QuicStreamType.Bidirectional));
        Assert.That(early, Is.False, "no hello before");
        await EndAsync(edge, dialing);
    }

    [Test]
    public async Task Client_says_hello_to_an_edge_that_never_says_so(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync();
        await using var listener = await fixture.ListenRawAsync();
        var dialing = DialAsync(fixture, listener, cancellationToken);
        await using var edge = await listener.AcceptConnectionAsync(cancellationToken);

        var hello = edge.AcceptInboundStreamAsync(cancellationToken).AsTask();
        while (!hello.IsCompleted)
        {
            // The client may not wait yet.
            _time.Advance(QuicLinkDialer.ReadyPatience);
            await Task.WhenAny(hello, Task.Delay(50, cancellationToken));
        }

        Assert.That((await hello).Type, Is.EqualTo(QuicStreamType.Bidirectional));
        await EndAsync(edge, dialing);
    }

    [Test]
    public async Task Edge_says_ready_with_an_empty_stream_and_only_that(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync();
        await using var client = await fixture.ConnectRawAsync(cancellationToken);

        await using var ready = await client.AcceptInboundStreamAsync(cancellationToken);

        Assert.That((ready.Type, ready.Id), Is.EqualTo((QuicStreamType.Unidirectional, 3L)));
        Assert.That(await ready.ReadAsync(new byte[1], cancellationToken), Is.Zero);
    }

    [Test]
    public async Task Edge_that_opens_more_of_these_streams_loses_the_client(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync();
        await using var listener = await fixture.ListenRawAsync();
        var dialing = DialAsync(fixture, listener, cancellationToken);
        await using var edge = await listener.AcceptConnectionAsync(cancellationToken);

        await SayReadyAsync(edge, cancellationToken);
        await SayReadyAsync(edge, cancellationToken);

        var failure = (await Assert.ThrowsAsync<LinkConnectException>(() => dialing))!;
        Assert.That(failure.Message, Does.Contain("second unidirectional stream"));
    }

    [Test]
    public async Task Edge_serves_a_client_that_takes_no_such_stream(CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync();
        await using var client = await fixture.ConnectRawAsync(cancellationToken, readyStreams: 0);

        await using var control = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken);
        await control.WriteAsync("{}\n"u8.ToArray(), cancellationToken);

        using var answer = new StreamReader(control);
        Assert.That(await answer.ReadLineAsync(cancellationToken), Does.Contain("\"hello_invalid\""));
    }

    [TestCase(QuicLinkConnection.EarlyStreams, false)]
    [TestCase(QuicLinkConnection.EarlyStreams + 1, true)]
    public async Task Edge_may_open_so_many_streams_before_its_welcome_and_no_more(int streams, bool ends, CancellationToken cancellationToken)
    {
        await using var fixture = await QuicCarrierFixture.StartAsync();
        await using var listener = await fixture.ListenRawAsync();
        var dialing = DialAsync(fixture, listener, cancellationToken);
        await using var edge = await listener.AcceptConnectionAsync(cancellationToken);
        await SayReadyAsync(edge, cancellationToken);
        await edge.AcceptInboundStreamAsync(cancellationToken);

        for (var i = 0; i < streams; i++)
        {
            var stream = await edge.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken);
            await stream.WriteAsync(new byte[1], cancellationToken);
        }

        if (ends)
        {
            var failure = (await Assert.ThrowsAsync<LinkConnectException>(() => dialing))!;
            Assert.That(failure.Message, Does.Contain("before it sent a welcome"));
            return;
        }

        await Task.Delay(Quiet, cancellationToken);
        Assert.That(dialing.IsCompleted, Is.False);
        await EndAsync(edge, dialing);
    }

    private Task<ILink> DialAsync(QuicCarrierFixture fixture, QuicListener listener, CancellationToken cancellationToken) =>
        fixture.Dialer(change: dial => dial with { ConnectTo = listener.LocalEndPoint }, time: _time).DialAsync(LinkPair.Hello(), cancellationToken);

    private static async Task SayReadyAsync(QuicConnection edge, CancellationToken cancellationToken)
    {
        await using var stream = await edge.OpenOutboundStreamAsync(QuicStreamType.Unidirectional, cancellationToken);
        stream.CompleteWrites();
    }

    private static async Task EndAsync(QuicConnection edge, Task<ILink> dialing)
    {
        await edge.CloseAsync(0, CancellationToken.None);
        await Assert.ThrowsAsync<LinkConnectException>(() => dialing);
    }
}
