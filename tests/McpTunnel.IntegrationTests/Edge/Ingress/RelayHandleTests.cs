using System.Net.Sockets;
using System.Runtime.Versioning;
using McpTunnel.Edge.Configuration;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.Transport;

namespace McpTunnel.IntegrationTests.Edge.Ingress;

/// <summary>Agent connections by the thousand, over real sockets: every way to end one closes it.</summary>
[CancelAfter(180_000)]
[SupportedOSPlatform("linux")] // counts in /proc
[Platform("Linux")]
public sealed class RelayHandleTests
{
    private const int Cycles = 3000;

    private static readonly Action<Socket, ILinkStream>[] Orders =
    [
        (agent, stream) =>
        {
            Relays.Reset(agent);
            stream.Abort();
        },
        (agent, stream) =>
        {
            stream.Abort();
            Relays.Reset(agent);
        },
        (agent, stream) =>
        {
            agent.Dispose();
            stream.Output.Complete();
        },
        (agent, stream) =>
        {
            stream.Output.Complete();
            agent.Dispose();
        },
        (agent, stream) =>
        {
            agent.Shutdown(SocketShutdown.Send);
            stream.Abort();
            agent.Dispose();
        },
    ];

    [Test]
    public async Task F1_thousands_of_streams_let_go_in_every_order_leave_no_handle_and_no_memory()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { HandshakesPerSecond = 1_000_000, HandshakeBurst = 1_000_000 });
        await using var link = await edge.DialAsync();
        await RunAsync(edge, link, Cycles / 4);
        await Eventually.ThatAsync(() => edge.Metrics.Observe("mcptunnel.edge.streams") == 0 && link.StreamCount == 0, "all have ended");
        await TestProcess.SettleAsync();
        var (sockets, memory) = (OpenSockets.Count(), TestProcess.LiveHeap());

        await RunAsync(edge, link, Cycles);

        await Eventually.ThatAsync(() => edge.Metrics.Observe("mcptunnel.edge.streams") == 0 && link.StreamCount == 0, "all have ended");
        await Eventually.ThatAsync(() => OpenSockets.Count() <= sockets + 5, "sockets are closed");
        Assert.That(edge.Metrics.Observe("mcptunnel.edge.connections.pending"), Is.Zero);
        Assert.That(TestProcess.LiveHeap() - memory, Is.LessThan(4 * 1024 * 1024), "1.4 KiB of each stream would be seen");
    }

    private static async Task RunAsync(EdgeFixture edge, ILink link, int cycles)
    {
        var hello = await Agents.HelloAsync(EdgeFixture.ServerName);
        for (var i = 0; i < cycles; i++)
        {
            var agent = await edge.ConnectAsync();
            await agent.SendAsync(hello);
            var stream = await Agents.AcceptAsync(link);
            await Agents.ReadPreambleAsync(stream.Input);
            Orders[i % Orders.Length](agent, stream);
            await stream.DisposeAsync();
        }
    }
}
