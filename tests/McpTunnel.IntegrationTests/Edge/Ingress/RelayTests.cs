using System.IO.Pipelines;
using System.Net.Sockets;
using System.Security.Cryptography;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.Transport;
using Microsoft.AspNetCore.Connections;

namespace McpTunnel.IntegrationTests.Edge.Ingress;

/// <summary>Agent socket ↔ edge ↔ link ↔ client, over real sockets and a real link.</summary>
[CancelAfter(60_000)]
public sealed class RelayTests
{
    [Test]
    public async Task Preamble_says_who_the_agent_is_and_what_it_asked_for()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        using var agent = await edge.ConnectAsync();
        await agent.SendAsync(await Agents.HelloAsync("Docs.ACME.tunnel.test"));

        await using var stream = await Agents.AcceptAsync(link);
        var header = await Agents.ReadPreambleAsync(stream.Input);

        Assert.Multiple(() =>
        {
            Assert.That(header.Source, Is.EqualTo(agent.LocalEndPoint));
            Assert.That(header.Destination, Is.EqualTo(agent.RemoteEndPoint));
            Assert.That(header.Authority, Is.EqualTo("docs.acme.tunnel.test"));
            Assert.That(header.EdgeNode, Is.EqualTo("edge-test"));
            Assert.That(header.UniqueId, Does.Match("^cn_[a-z2-7]{13}$"));
        });
    }

    [TestCase(1)]
    [TestCase(4096)]
    [TestCase(4097)]
    [TestCase(20_000_000)]
    public async Task Bytes_pass_both_ways_unchanged_and_at_once(int size)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);
        var up = RandomNumberGenerator.GetBytes(size);
        var down = RandomNumberGenerator.GetBytes(size);

        var sending = Task.WhenAll(SendAndFinishAsync(agent, up), SendAndFinishAsync(stream.Output, down));
        var received = await Task.WhenAll(ReadToEndAsync(stream.Input), Agents.ReceiveToEndAsync(agent));
        await sending;

        Assert.That(received[0].AsSpan().SequenceEqual(up), Is.True);
        Assert.That(received[1].AsSpan().SequenceEqual(down), Is.True);
        await EndsAsync(edge, "completed");
        agent.Dispose();
    }

    [Test]
    public async Task Every_byte_is_passed_on_by_itself_when_it_comes_by_itself()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);
        for (byte i = 0; i < 50; i++)
        {
            await agent.SendAsync(new[] { i });
            Assert.That(await Agents.ReadAsync(stream.Input, 1), Is.EqualTo(new[] { i }));
            await stream.Output.WriteAsync(new[] { i });
            Assert.That(await Agents.ReceiveAsync(agent, 1), Is.EqualTo(new[] { i }));
        }

        agent.Dispose();
    }

    [Test]
    public async Task Half_close_by_the_agent_leaves_the_answer_open()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);

        agent.Shutdown(SocketShutdown.Send);
        Assert.That(await ReadToEndAsync(stream.Input), Is.Empty);
        await stream.Output.WriteAsync("answer"u8.ToArray());
        Assert.That(await Agents.ReceiveAsync(agent, 6), Is.EqualTo("answer"u8.ToArray()));

        await stream.Output.CompleteAsync();
        Assert.That(await Agents.ReceiveToEndAsync(agent), Is.Empty);
        await EndsAsync(edge, "completed");
        agent.Dispose();
    }

    [Test]
    public async Task Half_close_by_the_client_leaves_the_request_open()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);

        await stream.Output.CompleteAsync();
        Assert.That(await Agents.ReceiveToEndAsync(agent), Is.Empty);
        await agent.SendAsync("more"u8.ToArray());
        Assert.That(await Agents.ReadAsync(stream.Input, 4), Is.EqualTo("more"u8.ToArray()));

        agent.Shutdown(SocketShutdown.Send);
        Assert.That(await ReadToEndAsync(stream.Input), Is.Empty);
        await EndsAsync(edge, "completed");
        agent.Dispose();
    }

    [Test]
    public async Task F5_reset_by_the_agent_resets_the_stream()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);

        Reset(agent);

        await Assert.ThrowsAsync<ConnectionResetException>(() => Eventually.ResultAsync(stream.Input.ReadAsync().AsTask()));
        await EndsAsync(edge, "agent_reset");
        await Eventually.ThatAsync(() => link.StreamCount == 0, "the stream is gone at the client");
    }

    [Test]
    public async Task F5_close_by_the_agent_ends_the_stream()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);

        agent.Dispose();

        Assert.That(await ReadToEndAsync(stream.Input), Is.Empty);
        await stream.Output.WriteAsync("nobody hears this"u8.ToArray());
        await Eventually.ThatAsync(() => stream.Closed.IsCancellationRequested, "the agent's kernel answered with a reset");
        await EndsAsync(edge, "agent_reset");
    }

    [Test]
    public async Task F5_reset_by_the_agent_is_seen_while_the_client_takes_nothing_more()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);
        await FillAsync(agent);

        Reset(agent);

        await Eventually.ThatAsync(() => stream.Closed.IsCancellationRequested, "the stream is reset though none of its bytes are read");
        await EndsAsync(edge, "agent_reset");
    }

    [Test]
    public async Task F5_reset_by_the_agent_after_its_half_close_is_seen()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);
        agent.Shutdown(SocketShutdown.Send);
        Assert.That(await ReadToEndAsync(stream.Input), Is.Empty);

        Reset(agent);

        await Eventually.ThatAsync(() => stream.Closed.IsCancellationRequested, "the stream is reset");
        await EndsAsync(edge, "agent_reset");
    }

    [Test]
    public async Task Reset_by_the_client_resets_the_agents_connection()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);

        stream.Abort();

        await ExpectResetAsync(agent);
        await EndsAsync(edge, "stream_reset");
        agent.Dispose();
    }

    [Test]
    public async Task Link_that_ends_resets_its_agents_connections_at_once()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (first, _) = await Agents.OpenAsync(edge, link);
        var (second, _) = await Agents.OpenAsync(edge, link);

        await link.CloseAsync(McpTunnel.Protocol.Codes.TunnelCode.Shutdown, "test");

        await ExpectResetAsync(first);
        await ExpectResetAsync(second);
        await Eventually.ThatAsync(() => edge.Metrics.Observe("mcptunnel.edge.streams") == 0, "both relays end");
        first.Dispose();
        second.Dispose();
    }

    [Test]
    public async Task Reset_by_the_client_frees_the_edge_although_the_agent_reads_nothing()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);
        await FillAsync(stream);

        stream.Abort();

        // The agent still finds what its kernel had taken, and then the end.
        var end = await Assert.ThrowsAsync<SocketException>(() => Agents.ReceiveToEndAsync(agent));
        Assert.That(end!.SocketErrorCode, Is.EqualTo(SocketError.ConnectionReset));
        await EndsAsync(edge, "stream_reset");
        agent.Dispose();
    }

    [Test]
    public async Task F2_slow_agent_stops_the_client_within_bounded_memory()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);

        // Kernel buffers of two connections, the stream's largest window, and what each pipe may hold.
        const long Bound = 48L * 1024 * 1024;
        Assert.That(await FillAsync(stream), Is.LessThan(Bound));

        // Another stream of the same link is not disturbed (F19).
        var (other, otherStream) = await Agents.OpenAsync(edge, link);
        await otherStream.Output.WriteAsync("quick"u8.ToArray());
        Assert.That(await Agents.ReceiveAsync(other, 5), Is.EqualTo("quick"u8.ToArray()));
        Reset(agent);
        other.Dispose();
    }

    [Test]
    public async Task F2_slow_client_stops_the_agent_within_bounded_memory()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, _) = await Agents.OpenAsync(edge, link);

        const long Bound = 48L * 1024 * 1024;
        Assert.That(await FillAsync(agent), Is.LessThan(Bound));
        Reset(agent);
    }

    [Test]
    public async Task New_streams_spread_over_the_links_and_avoid_one_that_leaves()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var first = await edge.DialAsync(edge.Hello(index: 0));
        await using var second = await edge.DialAsync(edge.Hello(index: 1));
        var agents = new List<Socket>();
        for (var i = 0; i < 10; i++)
        {
            var agent = await edge.ConnectAsync();
            await agent.SendAsync(await Agents.HelloAsync(EdgeFixture.ServerName));
            agents.Add(agent);
            await Eventually.ThatAsync(() => edge.Metrics.Observe("mcptunnel.edge.streams") == agents.Count, "the stream is open");
        }

        for (var i = 0; i < 5; i++)
        {
            await Agents.AcceptAsync(first);
            await Agents.AcceptAsync(second);
        }

        Assert.That((first.StreamCount, second.StreamCount), Is.EqualTo((5, 5)));

        first.BeginDrain(McpTunnel.Protocol.Codes.TunnelCode.Shutdown, "leaving");
        using var admin = edge.CreateHttpClient(asAdmin: true);
        await Eventually.ThatAsync(
            () => admin.GetStringAsync("v1/links").GetAwaiter().GetResult().Contains("\"draining\"", StringComparison.Ordinal), "the edge knows that it leaves");
        for (var i = 0; i < 4; i++)
        {
            var (agent, _) = await Agents.OpenAsync(edge, second);
            agents.Add(agent);
        }

        Assert.That(first.StreamCount, Is.EqualTo(5));
        agents.ForEach(agent => agent.Dispose());
    }

    [Test]
    public async Task A_thousand_connections_leave_nothing_behind()
    {
        await using var edge = await EdgeFixture.StartAsync(new() { HandshakeBurst = 10_000 });
        await using var link = await edge.DialAsync();
        var hello = await Agents.HelloAsync(EdgeFixture.ServerName);
        for (var i = 0; i < 1000; i++)
        {
            var agent = await edge.ConnectAsync();
            await agent.SendAsync(hello);
            var stream = await Agents.AcceptAsync(link);
            switch (i % 4)
            {
                case 0:
                    Reset(agent);
                    break;
                case 1:
                    stream.Abort();
                    break;
                case 2:
                    await stream.Output.CompleteAsync();
                    agent.Dispose();
                    break;
                default:
                    agent.Dispose();
                    break;
            }

            await stream.DisposeAsync();
            agent.Dispose();
        }

        await Eventually.ThatAsync(() => edge.Metrics.Observe("mcptunnel.edge.streams") == 0, "no relay is left");
        await Eventually.ThatAsync(() => link.StreamCount == 0, "no stream is left");
        Assert.That(edge.Metrics.Observe("mcptunnel.edge.connections.pending"), Is.Zero);
        Assert.That(edge.Metrics.Sum("mcptunnel.edge.streams.opened"), Is.EqualTo(1000));
        Assert.That(edge.Metrics.Sum("mcptunnel.edge.streams.closed"), Is.EqualTo(1000));
    }

    private static async Task SendAndFinishAsync(Socket socket, byte[] bytes)
    {
        var sent = 0;
        while (sent < bytes.Length)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent));
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task SendAndFinishAsync(PipeWriter output, byte[] bytes)
    {
        await output.WriteAsync(bytes);
        await output.CompleteAsync();
    }

    private static async Task<byte[]> ReadToEndAsync(PipeReader input)
    {
        using var all = new MemoryStream();
        await Eventually.EndAsync(input.CopyToAsync(all));
        return all.ToArray();
    }

    /// <summary>Sends until nothing moves any more; returns how much went.</summary>
    private static async Task<long> FillAsync(Socket agent)
    {
        var block = new byte[64 * 1024];
        var sent = 0L;
        while (true)
        {
            var send = agent.SendAsync(block.AsMemory()).AsTask();
            if (!await CompletesSoonAsync(send))
            {
                return sent;
            }

            sent += await send;
        }
    }

    private static async Task<long> FillAsync(ILinkStream stream)
    {
        var block = new byte[64 * 1024];
        var sent = 0L;
        while (true)
        {
            var flush = stream.Output.WriteAsync(block).AsTask();
            if (!await CompletesSoonAsync(flush))
            {
                return sent;
            }

            sent += block.Length;
        }
    }

    /// <summary>False when it is stuck: then only the passing of some time can tell.</summary>
    private static async Task<bool> CompletesSoonAsync(Task task)
    {
        if (!task.IsCompleted)
        {
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
        }

        return task.IsCompleted;
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
    }

    private static async Task ExpectResetAsync(Socket agent)
    {
        var exception = await Assert.ThrowsAsync<SocketException>(() => Agents.ReceiveToEndAsync(agent));
        Assert.That(exception!.SocketErrorCode, Is.EqualTo(SocketError.ConnectionReset));
    }

    private static async Task EndsAsync(EdgeFixture edge, string reason)
    {
        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.streams.closed", reason) == 1, $"the relay ends: {reason}");
        Assert.That(edge.Metrics.Observe("mcptunnel.edge.streams"), Is.Zero);
    }
}
