using McpTunnel.Cli.AdminApi;
using McpTunnel.Client.Linking;
using McpTunnel.TestKit;
using McpTunnel.TestKit.WholePath;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>Either side comes back, and so do calls.</summary>
[CancelAfter(120_000)]
public sealed class RestartTests
{
    private TunnelFixture _path = null!;

    [SetUp]
    public async Task StartPath() => _path = await TunnelFixture.StartAsync();

    [TearDown]
    public async Task StopPath() => await _path.DisposeAsync();

    [Test]
    public async Task Calls_work_after_the_client_restarted(CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);
        await _path.Tunnel.StopAsync(TimeSpan.FromSeconds(5));

        await _path.Tunnel.StartAsync();

        await CallAsync(cancellationToken);
    }

    [Test]
    public async Task Calls_work_after_the_edge_restarted(CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);

        await _path.RestartEdgeAsync();
        await Eventually.ThatAsync(() => _path.Tunnel.Client.Status.Links[0] is { State: LinkSlotState.Up, Attempts: > 1 }, "the link is back");

        await CallAsync(cancellationToken);
    }

    [Test]
    public async Task Enrolling_again_renews_the_links_of_a_running_client(CancellationToken cancellationToken)
    {
        var before = _path.Tunnel.Client.Status;
        using var api = new EdgeApi(_path.Edge.Connection, _path.Edge.AdminKey);
        var issued = await new EdgeAdministration(api).IssueTokenAsync(_path.Tunnel.Id, null, null, cancellationToken);

        await _path.Tunnel.EnrolAsync(issued.Token);

        await Eventually.ThatAsync(
            () => _path.Tunnel.Client.Status is { Links: [{ State: LinkSlotState.Up } link] } status
                && status.LinkCertificate!.Fingerprint != before.LinkCertificate!.Fingerprint && link.LinkId != before.Links[0].LinkId,
            "a new link with the new certificate");
        await Eventually.ThatAsync(() => _path.Tunnel.Log.Contains(" 2140: "), "the log says so");
        await CallAsync(cancellationToken);
    }

    [Test]
    public async Task Client_stopped_with_grace_lets_a_call_in_flight_end(CancellationToken cancellationToken)
    {
        await using var agent = await _path.ConnectAgentAsync(_path.Tunnel.UrlOf("docs"), "2026-07-28");
        var begun = new FirstProgress();
        var call = SlowCallAsync(agent, begun, cancellationToken);
        await Eventually.EndAsync(begun.Task);

        await _path.Tunnel.StopAsync(TimeSpan.FromSeconds(30));

        Assert.That(((TextContentBlock)(await call).Content.Single()).Text, Is.EqualTo("Counted down 3 steps."));
    }

    [Test]
    public async Task Link_that_is_cut_comes_back_by_itself(CancellationToken cancellationToken)
    {
        await using var path = await TunnelFixture.StartAsync(new TunnelFixtureOptions { RecordWires = true });
        path.Tunnel.LinkWire!.Cut();
        await Eventually.ThatAsync(
            () => path.Tunnel.Client.Status.Links[0] is { State: LinkSlotState.Up, Attempts: > 1 }, "the link is back");

        await using var agent = await path.ConnectAgentAsync(path.Tunnel.UrlOf("docs"), "2026-07-28");
        Assert.That(await agent.ListToolsAsync(cancellationToken: cancellationToken), Is.Not.Empty);
    }

    private static async Task<CallToolResult> SlowCallAsync(McpClient agent, FirstProgress begun, CancellationToken cancellationToken) => await agent.CallToolAsync(
        "countdown", new Dictionary<string, object?> { ["steps"] = 3, ["intervalMilliseconds"] = 300 }, begun, cancellationToken: cancellationToken);

    private async Task CallAsync(CancellationToken cancellationToken)
    {
        await using var agent = await _path.ConnectAgentAsync(_path.Tunnel.UrlOf("docs"), "2025-11-25");
        Assert.That(await agent.ListToolsAsync(cancellationToken: cancellationToken), Is.Not.Empty);
    }

    /// <summary>Completes when a call is known to be under way.</summary>
    private sealed class FirstProgress : IProgress<ModelContextProtocol.ProgressNotificationValue>
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Task => _begun.Task;

        public void Report(ModelContextProtocol.ProgressNotificationValue value) => _begun.TrySetResult();
    }
}
