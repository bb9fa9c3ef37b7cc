using McpTunnel.Edge.Directory;
using McpTunnel.TestKit.Upstreams;
using McpTunnel.TestKit.WholePath;
using Microsoft.Extensions.DependencyInjection;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>A client has several links so that all of them carry something.</summary>
[CancelAfter(120_000)]
public sealed class SpreadTests
{
    [Test]
    public async Task F25_calls_of_many_agents_and_their_bytes_are_spread_over_all_links_of_a_client(CancellationToken cancellationToken)
    {
        const int links = 4;
        const int agentsForLink = 8;
        const int size = 128 * 1024;
        await using var upstream = await ScriptedUpstream.StartAsync(Behaviour.EchoBody);
        await using var path = await TunnelFixture.StartAsync(new TunnelFixtureOptions { Links = links, Servers = [new("docs") { NeedsToken = false, Upstream = upstream.Url }] });
        var directory = path.Edge.Edge.Services.GetRequiredService<LinkDirectory>();
        var before = directory.Snapshot().ToDictionary(entry => entry.Link.Identity.LinkId, entry => (entry.Link.BytesReceived, entry.Link.BytesSent));

        for (var i = 0; i < links * agentsForLink; i++)
        {
            // Each is an agent of its own, and keeps its connection.
            using var body = new ByteArrayContent(new byte[size]);
            using var response = await path.CreateHttpClient().PostAsync(path.Tunnel.UrlOf("docs"), body, cancellationToken);
            Assert.That(await response.Content.ReadAsByteArrayAsync(cancellationToken), Has.Length.EqualTo(size));
        }

        var carried = directory.Snapshot().Select(entry =>
        {
            var (received, sent) = before[entry.Link.Identity.LinkId];
            return (entry.Link.StreamCount, Received: entry.Link.BytesReceived - received, Sent: entry.Link.BytesSent - sent);
        }).ToList();
        await TestContext.Out.WriteLineAsync(string.Join("\n", carried));
        Assert.Multiple(() =>
        {
            Assert.That(carried.Select(link => link.StreamCount), Is.EqualTo(Enumerable.Repeat(agentsForLink, links)));
            Assert.That(carried.Select(link => link.Received), Is.All.InRange(agentsForLink * size, 1.5 * agentsForLink * size), "towards agents");
            Assert.That(carried.Select(link => link.Sent), Is.All.InRange(agentsForLink * size, 1.5 * agentsForLink * size), "towards the server");
        });
    }
}
