using McpTunnel.Protocol.Yamux;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Multiplexing;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Handshake;

/// <summary>What an edge can do to a client before it has sent a welcome.</summary>
[CancelAfter(30_000)]
public sealed class ClientHandshakeTests
{
    private const int Carried = 64 * 1024;

    [Test]
    public async Task RunAsync_reads_nothing_more_from_an_edge_that_opens_streams_in_place_of_a_welcome(CancellationToken cancellationToken)
    {
        var time = new FakeTimeProvider();
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair(Carried);
        await using var edge = new MuxConnection(edgeEnd, YamuxRole.Server, new YamuxOptions { MaxInboundStreams = 1 }, TimeProvider.System);
        edge.Start();
        var handshake = ClientHandshake.RunAsync(clientEnd, Carrier.Tls, LinkPair.Hello(), new LinkOptions(), time, cancellationToken);
        await edge.AcceptAsync(cancellationToken);

        var payload = new byte[Carried];
        var writes = Enumerable.Range(0, 200).Select(_ => edge.TryOpen()!.Output.WriteAsync(payload, cancellationToken).AsTask()).ToList();

        // Until they stand still: what the edge's buffers and the carrier hold has gone then.
        int Taken() => writes.Count(write => write.IsCompleted);
        for (var before = -1; Taken() != before;)
        {
            before = Taken();
            await Task.Delay(100, cancellationToken);
        }

        Assert.That(Taken(), Is.LessThan(10), "of the 200 that the edge has for it");
        Assert.That(handshake.IsCompleted, Is.False);
        time.Advance(new LinkOptions().HandshakeTimeout);
        await Assert.ThrowsAsync<LinkConnectException>(() => handshake);
        await edge.Closed.WaitAsync(cancellationToken);
    }

    [Test]
    public async Task RunAsync_streams_in_the_same_bytes_as_the_welcome_are_taken(CancellationToken cancellationToken)
    {
        var (edgeEnd, clientEnd) = DuplexMemoryStream.CreatePair();
        using var certificate = LinkPair.NewCertificate();
        var authorizer = new AcceptingAuthorizer
        {
            OnWelcomed = link =>
            {
                for (var i = 0; i < 300; i++)
                {
                    _ = link.OpenStream().Output.WriteAsync(new byte[1], cancellationToken).AsTask();
                }
            },
        };
        var handshake = EdgeHandshake.RunAsync(
            edgeEnd, Carrier.Tls, certificate, "192.0.2.1", "edge-test", authorizer, new LinkOptions(), TimeProvider.System, cancellationToken);

        await using var client = await ClientHandshake.RunAsync(clientEnd, Carrier.Tls, LinkPair.Hello(), new LinkOptions(), TimeProvider.System, cancellationToken);
        await using var edge = await handshake;

        for (var i = 0; i < 300; i++)
        {
            Assert.That(await client.AcceptStreamAsync(cancellationToken), Is.Not.Null);
        }
    }
}
