using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport.Kestrel;
using McpTunnel.UnitTests.Protocol.ProxyProtocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Kestrel;

/// <summary>Agents' connections on a link that is being left.</summary>
[CancelAfter(60_000)]
public sealed class LeavingConnectionTests
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(2);

    [Test]
    public async Task F13_connection_is_asked_to_end_when_it_has_had_a_call_and_not_before(CancellationToken cancellationToken)
    {
        var time = new FakeTimeProvider();
        await using var pair = await LinkPair.CreateAsync();
        var factory = new LinkConnectionListenerFactory(_ => true, time, NullLoggerFactory.Instance);
        await using var listener = await factory.BindAsync(new LinkEndPoint(), cancellationToken);
        factory.Attach(pair.Client);
        var (busy, askedBusy) = await AcceptAsync(pair, listener, cancellationToken);
        var (newcomer, askedNewcomer) = await AcceptAsync(pair, listener, cancellationToken);
        busy.CallBegan();

        pair.Client.BeginDrain(TunnelCode.Shutdown, "test");
        await PassAsync(time, () => askedBusy.IsAsked);
        for (var i = 0; i < 10; i++)
        {
            time.Advance(IdleTime);
            await Task.Yield();
        }

        var early = askedNewcomer.IsAsked;
        newcomer.CallBegan();
        await PassAsync(time, () => askedNewcomer.IsAsked);
        Assert.That(early, Is.False, "its first call may be on its way");
    }

    private static Task PassAsync(FakeTimeProvider time, Func<bool> until) => Eventually.ThatAsync(
        () =>
        {
            time.Advance(IdleTime);
            return until();
        },
        "the connection is asked to end");

    private static async Task<(LinkConnectionContext Connection, Lifetime Asked)> AcceptAsync(LinkPair pair, IConnectionListener listener, CancellationToken cancellationToken)
    {
        await pair.Edge.OpenStream().Output.WriteAsync(ProxyHeaderSamples.Write(ProxyHeaderSamples.Full), cancellationToken);
        var connection = (LinkConnectionContext)(await listener.AcceptAsync(cancellationToken))!;
        var lifetime = new Lifetime();
        connection.Features.Set<IConnectionLifetimeNotificationFeature>(lifetime);
        return (connection, lifetime);
    }

    /// <summary>Kestrel's part: it is asked once for each connection.</summary>
    private sealed class Lifetime : IConnectionLifetimeNotificationFeature
    {
        private volatile bool _asked;

        public bool IsAsked => _asked;

        public CancellationToken ConnectionClosedRequested { get; set; }

        public void RequestClose() => _asked = true;
    }
}
