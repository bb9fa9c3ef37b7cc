using System.Net.Sockets;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using Microsoft.AspNetCore.Connections;

namespace McpTunnel.IntegrationTests.Edge.Ingress;

/// <summary>How a relay ends when one side breaks off: the other learns of it at once, and nothing is left behind.</summary>
[CancelAfter(60_000)]
public sealed class RelayEndTests
{
    [Test]
    public async Task F5_reset_by_the_agent_resets_the_stream()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);

        Relays.Reset(agent);

        await Assert.ThrowsAsync<ConnectionResetException>(() => Eventually.ResultAsync(stream.Input.ReadAsync().AsTask()));
        await Relays.EndsAsync(edge, "agent_reset");
        await Eventually.ThatAsync(() => link.StreamCount == 0, "the stream is gone at the client");
    }

    [Test]
    public async Task F5_close_by_the_agent_ends_the_stream()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);

        agent.Dispose();

        Assert.That(await Relays.ReadToEndAsync(stream.Input), Is.Empty);
        await stream.Output.WriteAsync("nobody hears this"u8.ToArray());
        await Eventually.ThatAsync(() => stream.Closed.IsCancellationRequested, "the agent's kernel answered with a reset");
        await Relays.EndsAsync(edge, "agent_reset");
    }

    [Test]
    public async Task F5_reset_by_the_agent_is_seen_while_the_client_takes_nothing_more()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);
        await Relays.FillAsync(agent);

        Relays.Reset(agent);

        await Eventually.ThatAsync(() => stream.Closed.IsCancellationRequested, "the stream is reset though none of its bytes are read");
        await Relays.EndsAsync(edge, "agent_reset");
    }

    [Test]
    public async Task F5_reset_by_the_agent_after_its_half_close_is_seen()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);
        agent.Shutdown(SocketShutdown.Send);
        Assert.That(await Relays.ReadToEndAsync(stream.Input), Is.Empty);

        Relays.Reset(agent);

        await Eventually.ThatAsync(() => stream.Closed.IsCancellationRequested, "the stream is reset");
        await Relays.EndsAsync(edge, "agent_reset");
    }

    [Test]
    public async Task Reset_by_the_client_resets_the_agents_connection()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);

        stream.Abort();

        await Relays.ExpectResetAsync(agent);
        await Relays.EndsAsync(edge, "stream_reset");
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

        await Relays.ExpectResetAsync(first);
        await Relays.ExpectResetAsync(second);
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
        await Relays.FillAsync(stream);

        stream.Abort();

        // The agent still finds what its kernel had taken, and then the end.
        var end = await Assert.ThrowsAsync<SocketException>(() => Agents.ReceiveToEndAsync(agent));
        Assert.That(end!.SocketErrorCode, Is.EqualTo(SocketError.ConnectionReset));
        await Relays.EndsAsync(edge, "stream_reset");
        agent.Dispose();
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
                    Relays.Reset(agent);
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
}
