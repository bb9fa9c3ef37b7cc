using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Tls;

namespace McpTunnel.IntegrationTests.Transport;

/// <summary>Dials that fail, over real sockets: what each opened is closed again.</summary>
[CancelAfter(180_000)]
[SupportedOSPlatform("linux")] // counts in /proc
[Platform("Linux")]
public sealed class FailedDialTests
{
    private const int Times = 10_000;
    private const int AtOnce = 16;

    [TestCase("refused")]
    [TestCase("closed")]
    [TestCase("garbage")]
    public async Task F17_ten_thousand_failed_dials_leave_no_socket_thread_or_memory(string failure, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endPoint = listener.LocalEndpoint;
        var peer = failure == "refused" ? Task.CompletedTask : FailAsync(listener, failure == "garbage", stop.Token);
        if (failure == "refused")
        {
            listener.Stop();
        }

        using var certificate = LinkPair.NewCertificate();
        var dialer = new TlsLinkDialer(
            new LinkDialOptions { Edge = new Uri("https://link.tunnel.test"), Certificate = certificate, ConnectTo = endPoint }, TimeProvider.System);

        // The first ones make what stays: pools, threads, code.
        await DialAsync(dialer, Times / 10, cancellationToken);
        await TestProcess.SettleAsync();
        var (sockets, threads, memory) = (OpenSockets.Count(), Threads(), TestProcess.LiveHeap());
        await DialAsync(dialer, Times, cancellationToken);

        await Eventually.ThatAsync(() => OpenSockets.Count() <= sockets + 5, "sockets are closed");
        await Eventually.ThatAsync(() => Threads() <= threads + 10, "threads end");
        Assert.That(TestProcess.LiveHeap() - memory, Is.LessThan(2 * 1024 * 1024), "200 bytes of each dial would be seen");
        await stop.CancelAsync();
        await peer;
    }

    [Test]
    public async Task F10_dial_that_connects_and_hears_nothing_names_lost_packets(CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var certificate = LinkPair.NewCertificate();
        var options = new LinkDialOptions
        {
            Edge = new Uri("https://link.tunnel.test"),
            Certificate = certificate,
            ConnectTo = listener.LocalEndpoint,
            ConnectTimeout = TimeSpan.FromMilliseconds(500),
        };

        var failure = await Assert.ThrowsAsync<LinkConnectException>(() => new TlsLinkDialer(options, TimeProvider.System).DialAsync(LinkPair.Hello(), cancellationToken));

        Assert.That(failure!.Message, Does.Contain("TCP connected").And.Contain("(MTU)"));
        Assert.That(failure.Fault, Is.EqualTo(LinkConnectFault.Unreachable));
    }

    /// <summary>Several at once, as the links of several clients: one by one they would take minutes.</summary>
    private static Task DialAsync(TlsLinkDialer dialer, int times, CancellationToken cancellationToken) => Task.WhenAll(
        Enumerable.Range(0, AtOnce).Select(_ => Task.Run(
            async () =>
            {
                for (var i = 0; i < times / AtOnce; i++)
                {
                    await Assert.ThrowsAsync<LinkConnectException>(() => dialer.DialAsync(LinkPair.Hello(), cancellationToken));
                }
            },
            cancellationToken)));

    private static async Task FailAsync(TcpListener listener, bool garbage, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync(cancellationToken);
                if (garbage)
                {
                    await socket.SendAsync("SSH-2.0-this is no TLS\r\n"u8.ToArray(), cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static int Threads() => Directory.GetFileSystemEntries("/proc/self/task").Length;
}
