using McpTunnel.TestKit;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.Npm;

/// <summary>The public conformance suite sees the same server through the tunnel as directly, down to the reasons of what fails.</summary>
[Category("Npm")]
[CancelAfter(300_000)]
[Parallelizable(ParallelScope.All)]
public sealed class ConformanceTests
{
    [TestCase("2025-11-25")]
    public async Task Reference_server_is_the_same_through_the_tunnel(string revision)
    {
        NodeProgram.Require();
        await using var server = await EverythingServer.StartAsync();
        await using var tunnel = await TunnelFixture.StartAsync(new() { Servers = [new("everything") { Upstream = server.Url, NeedsToken = false }] });

        await CompareAsync(server.Url, tunnel, "everything", revision);
    }

    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    public async Task Sample_server_is_the_same_through_the_tunnel(string revision)
    {
        NodeProgram.Require();
        await using var tunnel = await TunnelFixture.StartAsync(new() { Servers = [new("sample") { NeedsToken = false }] });

        await CompareAsync(tunnel.SampleUrl, tunnel, "sample", revision);
    }

    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    public async Task Server_made_for_the_suite_is_the_same_through_the_tunnel(string revision)
    {
        NodeProgram.Require();
        await using var server = await SuiteServer.StartAsync();
        await using var tunnel = await TunnelFixture.StartAsync(new() { Servers = [new("suite") { Upstream = server.Url, NeedsToken = false }] });

        await CompareAsync(server.Url, tunnel, "suite", revision);
    }

    [Test]
    public void Exclusions_are_documented()
    {
        var document = Repository.Read("docs/conformance.md");

        Assert.Multiple(() =>
        {
            foreach (var (scenario, reason) in ConformanceRun.Excluded)
            {
                Assert.That(document, Does.Contain($"| `{scenario}` | {reason} |"));
            }
        });
    }

    private static async Task CompareAsync(Uri directly, TunnelFixture tunnel, string server, string revision)
    {
        var direct = await ConformanceRun.AgainstAsync(directly, revision);
        var through = await ConformanceRun.AgainstAsync(tunnel.Tunnel.UrlOf(server), revision, tunnel.Tunnel.CaFile);

        await TestContext.Out.WriteLineAsync($"{server}, {revision}: {direct.Count} checks of {direct.Select(check => check.Scenario).Distinct().Count()} scenarios directly: {Summary(direct)}; through the tunnel: {Summary(through)}");
        Assert.Multiple(() =>
        {
            Assert.That(direct.Count(check => check.Status == "SUCCESS"), Is.GreaterThan(10), "a server that fails everything would prove nothing");
            Assert.That(through.Except(direct), Is.Empty, "only through the tunnel");
            Assert.That(direct.Except(through), Is.Empty, "only directly");
            Assert.That(through, Is.EqualTo(direct));
        });
    }

    private static string Summary(IReadOnlyList<CheckOutcome> checks) => string.Join(
        ", ", checks.GroupBy(check => check.Status).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => $"{group.Count()} {group.Key}"));
}
