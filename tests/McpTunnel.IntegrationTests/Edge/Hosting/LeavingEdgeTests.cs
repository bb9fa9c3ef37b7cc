using System.Net;
using System.Net.Sockets;
using McpTunnel.Edge;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Edge.Hosting;

/// <summary>A node that leaves owes something to everybody who is connected, whether he has said what he wants or not.</summary>
[CancelAfter(60_000)]
public sealed class LeavingEdgeTests
{
    [Test]
    public async Task F13_agent_that_has_connected_and_names_its_server_after_the_node_began_to_leave_is_served(CancellationToken cancellationToken)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var edge = await EdgeFixture.StartAsync(time: time);
        await using var link = await edge.DialAsync();
        var hello = await Agents.HelloAsync(EdgeFixture.ServerName);
        using var agent = await edge.ConnectAsync();

        var stopping = edge.Edge.StopAsync(TimeSpan.FromSeconds(30));
        await Eventually.ThatAsync(() => edge.Edge.Services.GetRequiredService<EdgeNode>().IsLeaving, "the node leaves");
        await agent.SendAsync(hello, cancellationToken);
        await using var stream = await Agents.AcceptAsync(link);
        await Agents.ReadPreambleAsync(stream.Input);
        var arrived = await Agents.ReadAsync(stream.Input, hello.Length);
        await EndAsync(() => link.DrainRequested.IsCompleted, time);
        stream.Abort();
        await EndAsync(() => stopping.IsCompleted, time);

        Assert.That(arrived, Is.EqualTo(hello));
    }

    [Test]
    public async Task Agent_that_says_nothing_does_not_keep_a_node_from_leaving()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var edge = await EdgeFixture.StartAsync(time: time);
        await using var link = await edge.DialAsync();
        using var silent = await edge.ConnectAsync();

        var stopping = edge.Edge.StopAsync(TimeSpan.FromSeconds(30));

        await EndAsync(() => link.DrainRequested.IsCompleted, time);
        await EndAsync(() => stopping.IsCompleted, time);
    }

    [Test]
    public async Task StopAsync_tells_links_lets_streams_end_and_takes_no_more(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);

        var stopping = edge.Edge.StopAsync(TimeSpan.FromMinutes(5));
        await Eventually.EndAsync(link.DrainRequested);
        await Assert.ThrowsAsync<SocketException>(edge.ConnectAsync);
        using var management = new HttpClient { BaseAddress = edge.Edge.ManagementUrl };
        using var ready = await management.GetAsync("readyz", cancellationToken);
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        // The call in flight goes on to its end in both directions.
        await agent.SendAsync("more"u8.ToArray(), cancellationToken);
        Assert.That(await Agents.ReadAsync(stream.Input, 4), Is.EqualTo("more"u8.ToArray()));
        await stream.Output.WriteAsync("answer"u8.ToArray(), cancellationToken);
        Assert.That(await Agents.ReceiveAsync(agent, 6), Is.EqualTo("answer"u8.ToArray()));
        Assert.That(stopping.IsCompleted, Is.False);

        agent.Shutdown(SocketShutdown.Send);
        await stream.Output.CompleteAsync();
        await Eventually.EndAsync(stopping);
        Assert.That((await Eventually.ResultAsync(link.Closed)).Code, Is.EqualTo(TunnelCode.Shutdown));
        agent.Dispose();
    }

    [Test]
    public async Task StopAsync_after_the_grace_cuts_what_still_runs()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);

        await Eventually.EndAsync(edge.Edge.StopAsync(TimeSpan.Zero));

        Assert.That((await Assert.ThrowsAsync<SocketException>(() => agent.ReceiveAsync(new byte[1])))!.SocketErrorCode, Is.EqualTo(SocketError.ConnectionReset));
        Assert.That(stream.Closed.IsCancellationRequested, Is.True);
        agent.Dispose();
    }

    private static Task EndAsync(Func<bool> condition, FakeTimeProvider time) => Eventually.ThatAsync(
        () =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return condition();
        },
        "the node goes on leaving");
}
