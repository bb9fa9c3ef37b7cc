using System.Text.Json;
using McpTunnel.TestKit.Processes;
using McpTunnel.TestKit.Upstreams;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>Real processes where the native QUIC library is there and cannot be loaded.</summary>
[Platform("Linux")]
[CancelAfter(180_000)]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BrokenQuicLibraryTests : InstallationFixture
{
    [Test]
    public async Task F31_edge_and_client_start_on_tls_with_one_line_in_the_log_of_each()
    {
        Root.Write("lib/libmsquic.so.2", "not a library");
        var environment = new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = Root["lib"] };
        await using var upstream = await ScriptedUpstream.StartAsync(Behaviour.EchoBody);
        await RunAsync("edge", "init", "--domain", EdgeDomain, "--state", EdgeState, "--listen", $"127.0.0.1:{Port}");
        var edgeYaml = Path.Combine(EdgeState, "edge.yaml");
        await File.AppendAllTextAsync(edgeYaml, "\nmanagement: 127.0.0.1:0\n");
        await using var edge = RunningProgram.Start(RunningProgram.Mcptunnel, ["edge", "run", "--config", edgeYaml, "--json"], environment);
        await edge.NextLineAsync();
        await EnrolAsync("acme");
        await RunAsync("certs", "init", "--state", ClientState);
        await WriteClientYamlAsync(upstream.Url);
        await using var client = RunningProgram.Start(RunningProgram.Mcptunnel, ["client", "run", "--config", Path.Combine(ClientState, "client.yaml"), "--json"], environment);
        var ready = JsonDocument.Parse(await client.NextLineAsync()).RootElement;

        var answer = await CallAsync(new Uri(ready.GetProperty("servers")[0].GetString()!));
        var status = JsonDocument.Parse((await RunAsync("client", "status", "--management", ready.GetProperty("managementUrl").GetString()!, "--json")).Output).RootElement;

        Assert.Multiple(() =>
        {
            Assert.That(answer, Is.EqualTo("{}"));
            Assert.That(status.GetProperty("links")[0].GetProperty("carrier").GetString(), Is.EqualTo("tls"));
            Assert.That(status.GetProperty("noQuic").GetString(), Does.Contain("is there and does not load").And.Contain("file too short").Or.Contain("invalid ELF header"));
            Assert.That(LinesThatSaySo(client), Is.EqualTo(1), client.ErrorSoFar);
            Assert.That(LinesThatSaySo(edge), Is.EqualTo(1), edge.ErrorSoFar);
        });
    }

    private static int LinesThatSaySo(RunningProgram program) => program.ErrorSoFar.Split('\n').Count(line => line.Contains("does not load", StringComparison.Ordinal));
}
