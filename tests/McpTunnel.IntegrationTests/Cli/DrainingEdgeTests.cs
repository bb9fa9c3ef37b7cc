using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using McpTunnel.TestKit.Network;
using McpTunnel.TestKit.Processes;
using McpTunnel.TestKit.Upstreams;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>What the commands say while the only edge node stops and an event stream runs to its end.</summary>
[CancelAfter(240_000)]
[UnsupportedOSPlatform("windows")]
[Platform("Linux")]
public sealed class DrainingEdgeTests : TakeOverFixture
{
    private const string Reason = "The edge node is stopping.";

    [Test]
    public async Task Edge_links_answers_at_once_and_the_clients_status_shows_the_link_draining()
    {
        await StartAllAsync(grace: "120s", links: "links:\n  count: 1", managementPort: FreePort.Next());
        Upstream.Become(Behaviour.SilentStream(": hello\n\n"));
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(ClientState, "server-ca.pem"));
        using var agent = NewAgent(authority);
        using var stream = await agent.GetAsync(Url, HttpCompletionOption.ResponseHeadersRead);
        await Edge.SignalAsync(15);

        ProgramResult links;
        do
        {
            links = await RunningProgram.RunMcptunnelAsync("edge", "links", "--state", EdgeState);
        }
        while (links.ExitCode == 0);
        var table = await RunningProgram.RunMcptunnelAsync("client", "status", "--management", Management);
        var json = await RunningProgram.RunMcptunnelAsync("client", "status", "--management", Management, "--json");
        var link = JsonDocument.Parse(json.Output).RootElement.GetProperty("links")[0];

        Assert.Multiple(() =>
        {
            Assert.That((links.ExitCode, links.Error), Is.EqualTo((4, links.Error)));
            Assert.That(links.Error, Does.Contain("The edge is stopping: it takes no calls of its API any more.").And.Match("Left: 1 stream, 1 link\\."));
            Assert.That(links.Error, Does.Not.Contain("Waiting up to"), "it is not waited for");
            Assert.That((link.GetProperty("state").GetString(), link.GetProperty("drainReason").GetString(), link.GetProperty("streams").GetInt32()), Is.EqualTo(("draining", Reason, 1)));
            Assert.That(table.Output, Does.Contain($"takes no new streams: {Reason}").And.Not.Contain($"ago: {Reason}"));
        });
    }
}
