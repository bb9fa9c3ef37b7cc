using McpTunnel.Protocol.ProxyProtocol;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.Transport;
using McpTunnel.Transport.Kestrel;
using McpTunnel.UnitTests.Protocol.ProxyProtocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Kestrel;

/// <summary>How many connections all links of a client bring together, whatever the edge does.</summary>
[CancelAfter(30_000)]
[NonParallelizable] // reads meters of the whole process
public sealed class ConnectionLimitTests
{
    private static readonly ProxyHeader Header = ProxyHeaderSamples.Full;

    [Test]
    public async Task Connections_of_all_links_count_together_and_one_beyond_the_limit_is_reset_and_counted(CancellationToken cancellationToken)
    {
        using var reading = new MeterReading(TransportMetrics.MeterName);
        await using var links = await TwoLinks.CreateAsync(new ConnectionLimits { Connections = 3 });
        var first = await links.OpenAsync(0, cancellationToken);
        await links.OpenAsync(1, cancellationToken);
        await links.OpenAsync(0, cancellationToken);

        await using var beyond = await links.SendAsync(1);
        await ExpectResetAsync(beyond, cancellationToken);
        var refused = reading.Sum("mcptunnel.transport.streams.refused", "stream_limit");
        await first.Connection.DisposeAsync();
        await links.OpenAsync(1, cancellationToken);

        Assert.That((refused, reading.Sum("mcptunnel.transport.streams.refused", "stream_limit")), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Stream_that_never_becomes_a_connection_leaves_its_place_when_it_ends(CancellationToken cancellationToken)
    {
        await using var links = await TwoLinks.CreateAsync(new ConnectionLimits { Connections = 1 });
        for (var i = 0; i < 3; i++)
        {
            await using var bad = links.Pairs[0].Edge.OpenStream();
            await bad.Output.WriteAsync(new byte[20], cancellationToken);
            await ExpectResetAsync(bad, cancellationToken);
        }

        await links.OpenAsync(0, cancellationToken);
    }

    [Test]
    public async Task Oldest_connection_without_a_call_makes_way_and_one_that_was_let_in_stays(CancellationToken cancellationToken)
    {
        using var reading = new MeterReading(TransportMetrics.MeterName);
        await using var links = await TwoLinks.CreateAsync(new ConnectionLimits { Pending = 2 });
        var letIn = await links.OpenAsync(0, cancellationToken);
        letIn.Connection.Features.Get<IAdmissionFeature>()!.LetIn();
        var oldest = await links.OpenAsync(0, cancellationToken);
        var second = await links.OpenAsync(1, cancellationToken);
        var before = oldest.Edge.Closed.IsCancellationRequested;

        var third = await links.OpenAsync(1, cancellationToken);

        await ExpectResetAsync(oldest.Edge, cancellationToken);
        Assert.Multiple(() =>
        {
            Assert.That(before, Is.False, "two are within the limit");
            Assert.That(new[] { letIn, second, third }.Select(open => open.Edge.Closed.IsCancellationRequested), Is.All.False);
            Assert.That(reading.Sum("mcptunnel.transport.streams.refused", "stream_limit"), Is.EqualTo(1));
        });
    }

    [TestCase(false, 1000, false)]
    [TestCase(false, 1001, true)]
    [TestCase(true, 100_000, false)]
    public async Task Connection_gets_so_many_bytes_before_a_call_is_let_in(bool isLetIn, int bytes, bool isReset, CancellationToken cancellationToken)
    {
        await using var links = await TwoLinks.CreateAsync(new ConnectionLimits { PendingBytes = 1000 });
        var open = await links.OpenAsync(0, cancellationToken);
        if (isLetIn)
        {
            open.Connection.Features.Get<IAdmissionFeature>()!.LetIn();
        }

        await open.Connection.Transport.Output.WriteAsync(new byte[bytes - 1], cancellationToken);
        await StreamBytes.ReadExactlyAsync(open.Edge.Input, bytes - 1);
        var sent = await open.Connection.Transport.Output.WriteAsync(new byte[1], cancellationToken);

        if (isReset)
        {
            Assert.That(sent.IsCompleted, Is.True, "the connection is told that its agent is gone");
            await ExpectResetAsync(open.Edge, cancellationToken);
        }
        else
        {
            Assert.That(await StreamBytes.ReadExactlyAsync(open.Edge.Input, 1), Has.Length.EqualTo(1));
        }
    }

    private static async Task ExpectResetAsync(ILinkStream stream, CancellationToken cancellationToken) =>
        await Assert.ThatAsync(async () => await stream.Input.ReadAsync(cancellationToken), Throws.InstanceOf<IOException>());

    /// <summary>Two real links whose streams one listener takes.</summary>
    private sealed class TwoLinks(LinkPair[] pairs, IConnectionListener listener) : IAsyncDisposable
    {
        public LinkPair[] Pairs { get; } = pairs;

        public static async Task<TwoLinks> CreateAsync(ConnectionLimits limits)
        {
            var factory = new LinkConnectionListenerFactory(_ => true, TimeProvider.System, NullLoggerFactory.Instance, limits);
            var listener = await factory.BindAsync(new LinkEndPoint());
            LinkPair[] pairs = [await LinkPair.CreateAsync(), await LinkPair.CreateAsync()];
            foreach (var pair in pairs)
            {
                factory.Attach(pair.Client);
            }

            return new TwoLinks(pairs, listener);
        }

        /// <summary>Opens a stream at the edge's end of a link.</summary>
        public async Task<ILinkStream> SendAsync(int link)
        {
            var stream = Pairs[link].Edge.OpenStream();
            await stream.Output.WriteAsync(ProxyHeaderSamples.Write(Header));
            return stream;
        }

        /// <summary>Opens one, and takes its connection.</summary>
        public async Task<(ILinkStream Edge, ConnectionContext Connection)> OpenAsync(int link, CancellationToken cancellationToken)
        {
            var stream = await SendAsync(link);
            return (stream, (await Eventually.ResultAsync(listener.AcceptAsync(cancellationToken).AsTask()))!);
        }

        public async ValueTask DisposeAsync()
        {
            await listener.DisposeAsync();
            foreach (var pair in Pairs)
            {
                await pair.DisposeAsync();
            }
        }
    }
}
