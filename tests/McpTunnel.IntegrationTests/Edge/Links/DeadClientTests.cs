using System.Net.Sockets;
using McpTunnel.Edge.Directory;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.TestKit.Network;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Edge.Links;

/// <summary>A client whose machine is gone without a word, beside one that is there.</summary>
[CancelAfter(120_000)]
public sealed class DeadClientTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Heard = TimeSpan.FromSeconds(6);

    [Test]
    public async Task F21_agents_go_to_another_link_the_moment_that_a_client_is_noticed_to_be_dead(CancellationToken cancellationToken)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var edge = await EdgeFixture.StartAsync(time: time);
        var directory = edge.Edge.Services.GetRequiredService<LinkDirectory>();
        await using var wire = RecordingProxy.Start(() => edge.EndPoint);
        await using var dead = await edge.DialAsync(edge.Hello(instance: "dead"), change: dial => dial with { ConnectTo = wire.EndPoint });
        var (stranded, _) = await Agents.OpenAsync(edge, dead);
        using var agentOfTheDead = stranded;
        await using var alive = await edge.DialAsync(edge.Hello(instance: "alive"));
        var (served, stream) = await Agents.OpenAsync(edge, alive);
        using var agentOfTheLiving = served;

        wire.Freeze();
        var silent = TimeSpan.Zero;
        for (; directory.Count > 1 && silent < TimeSpan.FromSeconds(15); silent += Step)
        {
            time.Advance(Step);

            // The living answer what they are asked, on a clock of their own.
            await Eventually.ThatAsync(() => directory.Snapshot().Any(entry => time.GetUtcNow() - entry.Link.LastSeen < Heard), "the one that is there is heard");
        }

        // Not a moment more passes on the edge's clock.
        for (var agent = 0; agent < 20; agent++)
        {
            var (socket, _) = await Agents.OpenAsync(edge, alive);
            using var another = socket;
        }

        await stream.Output.WriteAsync("answer"u8.ToArray(), cancellationToken);
        Assert.Multiple(() =>
        {
            Assert.That(directory.Snapshot().Select(entry => entry.Identity.Instance), Is.EqualTo(new[] { "alive" }), $"after {silent.TotalSeconds} s of silence");
            Assert.That(edge.Metrics.Sum("mcptunnel.edge.link.closures", TunnelCode.PeerDead.WireName()), Is.EqualTo(1));
        });
        Assert.That(async () => await Agents.ReceiveToEndAsync(stranded), Throws.InstanceOf<SocketException>(), "whoever was on the dead link is told");
        Assert.That(await Agents.ReceiveAsync(served, 6), Is.EqualTo("answer"u8.ToArray()), "nobody else notices");
    }
}
