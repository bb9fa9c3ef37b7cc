using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>What happens at the issuer while calls go on.</summary>
[CancelAfter(120_000)]
public sealed class IssuerTests
{
    private TunnelFixture _path = null!;

    [SetUp]
    public async Task StartPath() => _path = await TunnelFixture.StartAsync();

    [TearDown]
    public async Task StopPath() => await _path.DisposeAsync();

    [Test]
    public async Task Calls_go_on_with_the_keys_known_while_the_issuer_is_down(CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);

        await _path.Issuer.GoDownAsync();

        await CallAsync(cancellationToken);
    }

    private async Task CallAsync(CancellationToken cancellationToken)
    {
        await using var agent = await _path.ConnectAgentAsync(_path.Tunnel.UrlOf("docs"), "2026-07-28");
        Assert.That(await agent.ListToolsAsync(cancellationToken: cancellationToken), Is.Not.Empty);
    }
}
