using McpTunnel.TestKit;
using McpTunnel.TestKit.WholePath;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>Calls over the quic carrier, from configuration files.</summary>
[Category("Quic")]
[CancelAfter(120_000)]
public sealed class QuicPathTests
{
    [SetUp]
    public void SetUp() => Requires.Quic();

    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    public async Task Calls_go_over_quic_small_and_large(string version, CancellationToken cancellationToken)
    {
        await using var fixture = await TunnelFixture.StartAsync(new TunnelFixtureOptions { LinksYaml = ["carriers: [quic]"] });

        await using var agent = await fixture.ConnectAgentAsync(fixture.Tunnel.UrlOf("docs"), version);
        foreach (var size in new[] { 1, 1_000_000 })
        {
            var text = new string('x', size);
            var answer = await agent.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = text }, cancellationToken: cancellationToken);
            Assert.That(((TextContentBlock)answer.Content.Single()).Text, Does.Contain(text));
        }

        Assert.That(fixture.Tunnel.Client.Status.Links.Single().Carrier, Is.EqualTo("quic"));
    }

    [Test]
    public async Task Many_agents_at_once_share_links_over_quic(CancellationToken cancellationToken)
    {
        await using var fixture = await TunnelFixture.StartAsync(new TunnelFixtureOptions { Links = 2, LinksYaml = ["carriers: [quic]"] });

        var lengths = await Task.WhenAll(Enumerable.Range(1, 24).Select(async i =>
        {
            await using var agent = await fixture.ConnectAgentAsync(fixture.Tunnel.UrlOf("docs"), "2025-11-25");
            var answer = await agent.CallToolAsync(
                "echo", new Dictionary<string, object?> { ["message"] = new string('y', i * 10_000) }, cancellationToken: cancellationToken);
            return ((TextContentBlock)answer.Content.Single()).Text.Count(c => c == 'y');
        }));

        Assert.That(lengths, Is.EqualTo(Enumerable.Range(1, 24).Select(i => i * 10_000)));
    }
}
