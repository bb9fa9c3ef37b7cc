using System.Text;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Yamux;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Multiplexing;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Handshake;

/// <summary>Whatever a link came to nothing of, the edge's owner hears of it once.</summary>
[CancelAfter(30_000)]
public sealed class EdgeHandshakeTests
{
    private static readonly (string First, TunnelCode Code)[] Firsts =
    [
        ("not a message\n", TunnelCode.HelloInvalid),
        ("""{"type":"ping","id":1}""" + "\n", TunnelCode.HelloInvalid),
        (new string('x', ControlLimits.MaxLineLength + 1), TunnelCode.MessageTooLong),
        ("", TunnelCode.HelloTimeout),
    ];

    [TestCaseSource(nameof(Firsts))]
    public async Task RunAsync_without_a_good_hello_tells_the_owner_why((string First, TunnelCode Code) sent, CancellationToken cancellationToken)
    {
        var time = new FakeTimeProvider();
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        var authorizer = new AcceptingAuthorizer();
        var handshake = RunAsync(edgeEnd, authorizer, time);
        await using var client = new MuxConnection(clientEnd, YamuxRole.Client, new YamuxOptions { MaxInboundStreams = 1 }, TimeProvider.System);
        client.Start();
        await using var control = client.TryOpen()!;
        await control.Output.WriteAsync(Encoding.ASCII.GetBytes(sent.First), cancellationToken);
        if (sent.First.Length > 0)
        {
            while (authorizer.Failures.IsEmpty)
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        // The time for a hello first, then that for last words to a peer that does not listen.
        while (!handshake.IsCompleted)
        {
            time.Advance(new LinkOptions().HandshakeTimeout);
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
        }

        Assert.That(await handshake, Is.Null);
        Assert.That(authorizer.Failures, Is.EqualTo(new[] { sent.Code }));
    }

    [Test]
    public async Task RunAsync_bytes_that_are_no_yamux_tell_the_owner_so(CancellationToken cancellationToken)
    {
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        var authorizer = new AcceptingAuthorizer();
        var handshake = RunAsync(edgeEnd, authorizer, TimeProvider.System);

        await clientEnd.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), cancellationToken);

        Assert.That(await handshake.WaitAsync(cancellationToken), Is.Null);
        Assert.That(authorizer.Failures, Is.EqualTo(new[] { TunnelCode.ProtocolError }));
    }

    [Test]
    public async Task RunAsync_link_that_is_found_before_the_welcome_opens_no_stream_and_says_nothing_before_it(CancellationToken cancellationToken)
    {
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        LinkUnavailableException? refusal = null;
        var authorizer = new AcceptingAuthorizer
        {
            OnRegistered = link =>
            {
                refusal = Assert.Throws<LinkUnavailableException>(() => link.OpenStream());
                link.BeginDrain(TunnelCode.EdgeDraining, "leaving");
            },
        };
        var handshake = RunAsync(edgeEnd, authorizer, TimeProvider.System);

        // A client that hears anything before the welcome gives up.
        await using var client = await ClientHandshake.RunAsync(clientEnd, Carrier.Tls, LinkPair.Hello(), new LinkOptions(), TimeProvider.System, cancellationToken);
        await using var edge = await handshake;

        Assert.That(refusal!.Code, Is.EqualTo(TunnelCode.NoLink));
        Assert.That((await client.DrainRequested.WaitAsync(cancellationToken)).Reason, Is.EqualTo("leaving"));
    }

    [Test]
    public async Task F24_link_that_is_refused_when_it_is_filed_is_told_so_in_place_of_a_welcome(CancellationToken cancellationToken)
    {
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        var authorizer = new AcceptingAuthorizer { File = LinkDecision.Refuse(TunnelCode.EdgeDraining, "leaving") };
        var handshake = RunAsync(edgeEnd, authorizer, TimeProvider.System);

        var refusal = await Assert.ThrowsAsync<LinkRefusedException>(
            () => ClientHandshake.RunAsync(clientEnd, Carrier.Tls, LinkPair.Hello(), new LinkOptions(), TimeProvider.System, cancellationToken));

        Assert.That((refusal!.Code, refusal.Retryable, refusal.RetryAfter), Is.EqualTo((TunnelCode.EdgeDraining, true, (TimeSpan?)null)), "the client may dial elsewhere at once");
        Assert.That(await handshake.WaitAsync(cancellationToken), Is.Null);
        Assert.That(authorizer.Failures, Is.Empty, "the owner knows");
    }

    private static async Task<ILink?> RunAsync(Stream bytes, AcceptingAuthorizer authorizer, TimeProvider time)
    {
        using var certificate = LinkPair.NewCertificate();
        return await EdgeHandshake.RunAsync(
            bytes, Carrier.Tls, certificate, "192.0.2.1", "edge-test", authorizer, new LinkOptions(), time, CancellationToken.None);
    }
}
