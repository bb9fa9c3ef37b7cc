using System.IO.Pipelines;
using System.Net.Sockets;
using System.Security.Cryptography;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;

namespace McpTunnel.IntegrationTests.Edge.Ingress;

/// <summary>Agent socket ↔ edge ↔ link ↔ client, over real sockets and a real link: bytes pass, in full and at once.</summary>
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
        var received = await Task.WhenAll(Relays.ReadToEndAsync(stream.Input), Agents.ReceiveToEndAsync(agent));
        await sending;

        Assert.That(received[0].AsSpan().SequenceEqual(up), Is.True);
        Assert.That(received[1].AsSpan().SequenceEqual(down), Is.True);
        await Relays.EndsAsync(edge, "completed");
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
        Assert.That(await Relays.ReadToEndAsync(stream.Input), Is.Empty);
        await stream.Output.WriteAsync("answer"u8.ToArray());
        Assert.That(await Agents.ReceiveAsync(agent, 6), Is.EqualTo("answer"u8.ToArray()));

        await stream.Output.CompleteAsync();
        Assert.That(await Agents.ReceiveToEndAsync(agent), Is.Empty);
        await Relays.EndsAsync(edge, "completed");
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
        Assert.That(await Relays.ReadToEndAsync(stream.Input), Is.Empty);
        await Relays.EndsAsync(edge, "completed");
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
        Assert.That(await Relays.FillAsync(stream), Is.LessThan(Bound));

        // Another stream of the same link is not disturbed (F19).
        var (other, otherStream) = await Agents.OpenAsync(edge, link);
        await otherStream.Output.WriteAsync("quick"u8.ToArray());
        Assert.That(await Agents.ReceiveAsync(other, 5), Is.EqualTo("quick"u8.ToArray()));
        Relays.Reset(agent);
        other.Dispose();
    }

    [Test]
    public async Task F2_slow_client_stops_the_agent_within_bounded_memory()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, _) = await Agents.OpenAsync(edge, link);

        const long Bound = 48L * 1024 * 1024;
        Assert.That(await Relays.FillAsync(agent), Is.LessThan(Bound));
        Relays.Reset(agent);
    }

    [Test]
    public async Task F25_new_streams_spread_over_the_links_and_avoid_one_that_leaves()
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
}
