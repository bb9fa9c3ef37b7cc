using McpTunnel.Edge;
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

    private static Task EndAsync(Func<bool> condition, FakeTimeProvider time) => Eventually.ThatAsync(
        () =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return condition();
        },
        "the node goes on leaving");
}
