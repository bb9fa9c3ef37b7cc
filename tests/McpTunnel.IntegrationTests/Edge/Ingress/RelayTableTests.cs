using System.Buffers;
using System.Net;
using System.Net.Sockets;
using McpTunnel.Edge.Ingress.Relaying;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Edge.Ingress;

/// <summary>What the sweep does to relays, on a clock that the test moves.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(60_000)]
public sealed class RelayTableTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly FakeTimeProvider _time = new();

    [Test]
    public async Task F7_quiet_relay_outlives_a_month_without_a_limit()
    {
        await using var pair = await LinkPair.CreateAsync();
        var table = new RelayTable(maxIdle: null, _time);
        var (agent, stream, end) = await StartAsync(table, pair);

        _time.Advance(TimeSpan.FromDays(30));
        table.Sweep();
        await stream.Output.WriteAsync("still here"u8.ToArray());

        Assert.That(await Agents.ReceiveAsync(agent, 10), Is.EqualTo("still here"u8.ToArray()));
        Assert.That(end.IsCompleted, Is.False);
        agent.Dispose();
    }

    [Test]
    public async Task Sweep_ends_a_relay_that_was_quiet_for_the_limit_and_not_before()
    {
        await using var pair = await LinkPair.CreateAsync();
        var table = new RelayTable(Limit, _time);
        var (agent, stream, end) = await StartAsync(table, pair);
        await stream.Output.WriteAsync("x"u8.ToArray());
        await Agents.ReceiveAsync(agent, 1);
        await Eventually.ThatAsync(() => table.Bytes.ToAgent == 1, "the byte is counted");
        table.Sweep();

        _time.Advance(Limit - TimeSpan.FromSeconds(1));
        table.Sweep();
        Assert.That(end.IsCompleted, Is.False);

        _time.Advance(TimeSpan.FromSeconds(1));
        table.Sweep();
        Assert.That(await Eventually.ResultAsync(end), Is.EqualTo(RelayEnd.Aborted));
        Assert.That(stream.Closed.IsCancellationRequested || table.Count == 0, Is.True);
        agent.Dispose();
    }

    [Test]
    public async Task Sweep_ends_the_delivery_to_an_agent_that_takes_nothing_after_its_stream_is_over()
    {
        await using var pair = await LinkPair.CreateAsync();
        var table = new RelayTable(maxIdle: null, _time);
        var (agent, stream, end) = await StartAsync(table, pair);
        agent.Shutdown(SocketShutdown.Send);
        var sending = SendMuchAsync(stream);
        await Eventually.ThatAsync(() => table.Bytes.ToAgent > 0, "the delivery begins");
        await pair.Client.CloseAsync(McpTunnel.Protocol.Codes.TunnelCode.Shutdown, "gone");
        await sending;
        table.Sweep();

        await AdvanceUntilEndedAsync(table, end);

        Assert.That(await Eventually.ResultAsync(end), Is.Not.EqualTo(RelayEnd.Completed));
        Assert.That(table.Count, Is.Zero);
        agent.Dispose();
    }

    [Test]
    public async Task WhenEmptyAsync_waits_for_the_last_relay_and_its_bytes_stay_counted()
    {
        await using var pair = await LinkPair.CreateAsync();
        var table = new RelayTable(maxIdle: null, _time);
        var (first, _, _) = await StartAsync(table, pair);
        var (second, stream, _) = await StartAsync(table, pair);
        await second.SendAsync("abc"u8.ToArray());
        await Agents.ReadAsync(stream.Input, 3);

        var empty = table.WhenEmptyAsync(CancellationToken.None);
        first.LingerState = new LingerOption(enable: true, seconds: 0);
        first.Dispose();
        await Eventually.ThatAsync(() => table.Count == 1, "the first one ends");
        Assert.That(empty.IsCompleted, Is.False);

        Assert.That(table.AbortAll(), Is.EqualTo(1));
        await Eventually.EndAsync(empty);
        Assert.That(table.Bytes, Is.EqualTo((3L, 0L)));
        second.Dispose();
    }

    private async Task AdvanceUntilEndedAsync(RelayTable table, Task end)
    {
        while (!end.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(30));
            table.Sweep();
            await Task.WhenAny(end, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System));
        }
    }

    private async Task<(Socket Agent, ILinkStream Client, Task<RelayEnd> End)> StartAsync(RelayTable table, LinkPair pair)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var agent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await agent.ConnectAsync(listener.LocalEndPoint!);
        var accepted = await listener.AcceptAsync();
        accepted.Blocking = false;
        var (edge, client) = await pair.OpenAsync();
        return (agent, client, table.RunAsync(new Relay(accepted, edge, MemoryPool<byte>.Shared, _time)));
    }

    /// <summary>More than every buffer on the way takes, until the stream is gone.</summary>
    private static async Task SendMuchAsync(ILinkStream stream)
    {
        var block = new byte[64 * 1024];
        try
        {
            while (!(await stream.Output.WriteAsync(block)).IsCompleted)
            {
            }
        }
        catch (IOException)
        {
            // The link is closed by the test.
        }
    }
}
