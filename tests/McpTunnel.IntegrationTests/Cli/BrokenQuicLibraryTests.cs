using System.Runtime.Versioning;
using System.Text.Json;
using McpTunnel.IntegrationTests.Netns;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Processes;
using McpTunnel.TestKit.Upstreams;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>Real processes where the native QUIC library is there and cannot be loaded, or loads and cannot start.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
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
        await RunAsync(
            (program, arguments) => RunningProgram.Start(program, arguments, environment),
            "does not load",
            status => Assert.That(status.GetProperty("noQuic").GetString(), Does.Contain("is there and does not load").And.Contain("file too short").Or.Contain("invalid ELF header")));
    }

    [Test]
    [Category("Quic")]
    public async Task F31_library_that_a_container_does_not_let_start_means_tls_with_one_line_in_the_log_of_each()
    {
        Requires.Quic();
        await RunAsync(
            (program, arguments) => RunningProgram.Start("dotnet", [PrivateNetwork.Assembly, ConfinedProgram.Verb, program, .. arguments], null),
            "RegistrationOpen failed",
            status => Assert.That(status.GetProperty("carrier").GetProperty("reason").GetString(), Does.StartWith("quic did not come up: ").And.Contain("RegistrationOpen failed")));
    }

    private async Task RunAsync(Func<string, string[], RunningProgram> start, string why, Action<JsonElement> assertReason)
    {
        await using var upstream = await ScriptedUpstream.StartAsync(Behaviour.EchoBody);
        await RunAsync("edge", "init", "--domain", EdgeDomain, "--state", EdgeState, "--listen", $"127.0.0.1:{Port}");
        var edgeYaml = Path.Combine(EdgeState, "edge.yaml");
        await File.AppendAllTextAsync(edgeYaml, "\nmanagement: 127.0.0.1:0\n");
        await using var edge = start(RunningProgram.Mcptunnel, ["edge", "run", "--config", edgeYaml, "--json"]);
        await edge.NextLineAsync();
        await EnrolAsync("acme");
        await RunAsync("certs", "init", "--state", ClientState);
        await WriteClientYamlAsync(upstream.Url);
        await using var client = start(RunningProgram.Mcptunnel, ["client", "run", "--config", Path.Combine(ClientState, "client.yaml"), "--json"]);
        var ready = JsonDocument.Parse(await client.NextLineAsync()).RootElement;

        var answer = await CallAsync(new Uri(ready.GetProperty("servers")[0].GetString()!));
        await Eventually.ThatAsync(() => LinesWith(client, why) > 0 && LinesWith(edge, why) > 0, "both say why");
        var status = JsonDocument.Parse((await RunAsync("client", "status", "--management", ready.GetProperty("managementUrl").GetString()!, "--json")).Output).RootElement;

        Assert.Multiple(() =>
        {
            Assert.That(answer, Is.EqualTo("{}"));
            Assert.That(status.GetProperty("links")[0].GetProperty("carrier").GetString(), Is.EqualTo("tls"));
            assertReason(status);
            Assert.That(LinesWith(client, why), Is.EqualTo(1), client.ErrorSoFar);
            Assert.That(LinesWith(edge, why), Is.EqualTo(1), edge.ErrorSoFar);
        });
    }

    private static int LinesWith(RunningProgram program, string text) => program.ErrorSoFar.Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal));
}
