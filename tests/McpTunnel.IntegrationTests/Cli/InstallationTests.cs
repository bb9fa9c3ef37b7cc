using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using McpTunnel.TestKit.Processes;
using McpTunnel.TestKit.Upstreams;
using Microsoft.Data.Sqlite;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>An installation from nothing by the command line alone: real processes, files in between, as on two machines.</summary>
[CancelAfter(600_000)]
[UnsupportedOSPlatform("windows")] // looks at file modes
[Platform(Exclude = "Win")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class InstallationTests : InstallationFixture
{
    [Test]
    public async Task Edge_and_client_set_up_by_commands_carry_a_call()
    {
        await using var upstream = await ScriptedUpstream.StartAsync(Behaviour.Reply(200, "application/json", """{"jsonrpc":"2.0","id":1,"result":{}}"""));
        await using var edge = await StartEdgeAsync();
        await EnrolAsync("acme");
        await RunAsync("certs", "init", "--state", ClientState);
        await WriteClientYamlAsync(upstream.Url);
        await using var client = RunningProgram.StartMcptunnel("client", "run", "--config", Path.Combine(ClientState, "client.yaml"), "--json");
        var ready = JsonDocument.Parse(await client.NextLineAsync()).RootElement;

        var status = await RunAsync("client", "status", "--management", ready.GetProperty("managementUrl").GetString()!, "--json");
        var links = await RunAsync("edge", "links", "--state", EdgeState, "--json");
        var answer = await CallAsync(new Uri(ready.GetProperty("servers")[0].GetString()!));

        Assert.Multiple(() =>
        {
            Assert.That(answer, Does.Contain("\"result\""));
            Assert.That(JsonDocument.Parse(status.Output).RootElement.GetProperty("readiness").GetProperty("ready").GetBoolean(), Is.True);
            Assert.That(JsonDocument.Parse(links.Output).RootElement[0].GetProperty("domain").GetString(), Is.EqualTo($"acme.{EdgeDomain}"));
        });

        await client.SignalAsync(15);
        await edge.SignalAsync(15);
        Assert.That(((await client.EndAsync()).ExitCode, (await edge.EndAsync()).ExitCode), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Revoked_token_ends_the_client_with_3()
    {
        await using var upstream = await ScriptedUpstream.StartAsync(Behaviour.EchoBody);
        await using var edge = await StartEdgeAsync();
        await EnrolAsync("acme");
        await RunAsync("certs", "init", "--state", ClientState);
        await WriteClientYamlAsync(upstream.Url);
        await using var client = RunningProgram.StartMcptunnel("client", "run", "--config", Path.Combine(ClientState, "client.yaml"), "--json");
        await client.NextLineAsync();

        var tokens = await RunAsync("edge", "tokens", "list", "acme", "--state", EdgeState, "--json");
        var id = JsonDocument.Parse(tokens.Output).RootElement[0].GetProperty("id").GetString()!;
        await RunAsync("edge", "tokens", "revoke", "acme", id, "--state", EdgeState);

        var result = await client.EndAsync();
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(3), result.ToString());
            Assert.That(result.Error, Does.Contain("token_revoked"));
        });
    }

    [Test]
    public async Task Second_process_on_a_state_directory_is_refused_and_one_after_a_kill_is_not()
    {
        await using var upstream = await ScriptedUpstream.StartAsync(Behaviour.EchoBody);
        await using var edge = await StartEdgeAsync();
        await EnrolAsync("acme");
        await RunAsync("certs", "init", "--state", ClientState);
        await WriteClientYamlAsync(upstream.Url);
        string[] edgeRun = ["edge", "run", "--config", Path.Combine(EdgeState, "edge.yaml"), "--json"];
        string[] clientRun = ["client", "run", "--config", Path.Combine(ClientState, "client.yaml"), "--json"];
        await using var client = RunningProgram.StartMcptunnel(clientRun);
        await client.NextLineAsync();

        var secondClient = await RunningProgram.RunMcptunnelAsync(clientRun);
        var secondEdge = await RunningProgram.RunMcptunnelAsync(edgeRun);
        await client.SignalAsync(9);
        await edge.SignalAsync(9);
        await Task.WhenAll(client.EndAsync(), edge.EndAsync());
        await using var edgeAgain = RunningProgram.StartMcptunnel(edgeRun);
        await edgeAgain.NextLineAsync();
        await using var clientAgain = RunningProgram.StartMcptunnel(clientRun);
        await clientAgain.NextLineAsync();

        Assert.Multiple(() =>
        {
            Assert.That(secondClient.ExitCode, Is.Not.Zero, secondClient.ToString());
            Assert.That(secondClient.Error, Does.Contain($"Another process runs with the state directory {ClientState}"));
            Assert.That(secondEdge.ExitCode, Is.Not.Zero, secondEdge.ToString());
            Assert.That(secondEdge.Error, Does.Contain($"Another process runs with the state directory {EdgeState}"));
        });
    }

    [Test]
    public async Task Enrolment_is_refused_with_3_and_unreachable_with_4()
    {
        await using (var edge = await StartEdgeAsync())
        {
            await EnrolAsync("acme");
            await RunAsync("edge", "tunnels", "archive", "acme", "--state", EdgeState);

            var refused = await RunningProgram.RunMcptunnelAsync(EnrolArguments());
            Assert.That(refused.ExitCode, Is.EqualTo(3), refused.ToString());
        }

        var unreachable = await RunningProgram.RunMcptunnelAsync(EnrolArguments());
        Assert.That(unreachable.ExitCode, Is.EqualTo(4), unreachable.ToString());
    }

    [Test]
    public async Task Administration_lists_what_was_made_and_refuses_a_wrong_key_with_3()
    {
        await using var edge = await StartEdgeAsync();
        await RunAsync("edge", "tunnels", "create", "acme", "--state", EdgeState);
        await RunAsync("edge", "tunnels", "create", "globex", "--state", EdgeState);

        var list = await RunAsync("edge", "tunnels", "list", "--state", EdgeState, "--json");
        var twice = await RunningProgram.RunMcptunnelAsync("edge", "tunnels", "create", "acme", "--state", EdgeState);
        var wrongKey = Root["wrong-key"];
        await File.WriteAllTextAsync(wrongKey, "mca_wrong");
        File.SetUnixFileMode(wrongKey, UnixFileMode.UserRead);
        var refused = await RunningProgram.RunMcptunnelAsync("edge", "tunnels", "list", "--state", EdgeState, "--admin-key-file", wrongKey, "--json");

        Assert.Multiple(() =>
        {
            Assert.That(JsonDocument.Parse(list.Output).RootElement.EnumerateArray().Select(t => t.GetProperty("label").GetString()), Is.EquivalentTo(new[] { "acme", "globex" }));
            Assert.That(twice.ExitCode, Is.EqualTo(3), twice.ToString());
            Assert.That(twice.Error, Does.Contain("label_taken"));
            Assert.That(refused.ExitCode, Is.EqualTo(3), refused.ToString());
            Assert.That(JsonDocument.Parse(refused.Error).RootElement.GetProperty("error").GetProperty("code").GetString(), Is.EqualTo("admin_key_invalid"));
        });
    }

    [Test]
    public async Task Token_is_taken_from_standard_input_and_rotated_into_a_file()
    {
        await using var edge = await StartEdgeAsync();
        await RunAsync("edge", "tunnels", "create", "acme", "--state", EdgeState);
        var created = await RunAsync("edge", "tokens", "create", "acme", "--state", EdgeState, "--json");
        var token = JsonDocument.Parse(created.Output).RootElement.GetProperty("token").GetString()!;
        await using var enroll = RunningProgram.StartMcptunnel(
            "client", "enroll", "--edge", $"https://{EdgeDomain}:{Port}", "--connect", $"127.0.0.1:{Port}", "--ca-file", EdgeCa, "--token-file", "-", "--state", ClientState);
        await enroll.WriteInputAsync(token + "\n");
        var enrolled = await enroll.EndAsync();

        var rotated = await RunAsync("edge", "tokens", "rotate", "acme", "--overlap", "0s", "--token-file", Token, "--state", EdgeState, "--json");
        var tokens = await RunAsync("edge", "tokens", "list", "acme", "--state", EdgeState, "--json");

        Assert.Multiple(() =>
        {
            Assert.That(enrolled.ExitCode, Is.Zero, enrolled.ToString());
            Assert.That(rotated.Output, Does.Not.Contain("mct_"));
            Assert.That(File.ReadAllText(Token), Does.StartWith("mct_").And.Not.Contain(token));
            Assert.That(File.GetUnixFileMode(Token), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
            Assert.That(JsonDocument.Parse(tokens.Output).RootElement.EnumerateArray().Count(t => t.GetProperty("valid").GetBoolean()), Is.EqualTo(1));
        });
    }

    [Test]
    public async Task Registry_that_hangs_holds_up_no_call()
    {
        await using var upstream = await ScriptedUpstream.StartAsync(Behaviour.EchoBody);
        await using var edge = await StartEdgeAsync();
        await EnrolAsync("acme");
        await RunAsync("certs", "init", "--state", ClientState);
        await WriteClientYamlAsync(upstream.Url);
        await using var client = RunningProgram.StartMcptunnel("client", "run", "--config", Path.Combine(ClientState, "client.yaml"), "--json");
        var ready = JsonDocument.Parse(await client.NextLineAsync()).RootElement;
        var url = new Uri(ready.GetProperty("servers")[0].GetString()!);
        await using var registry = new SqliteConnection($"Data Source={Path.Combine(EdgeState, "registry.db")};Pooling=False");
        await registry.OpenAsync();
        await using var locked = registry.CreateCommand();
        locked.CommandText = "BEGIN IMMEDIATE";
        await locked.ExecuteNonQueryAsync();

        // More of them than there are threads that wait for sockets, each kept waiting by the lock.
        using var authority = X509CertificateLoader.LoadCertificateFromFile(EdgeCa);
        using var administrator = Administrator(authority);
        var waiting = Enumerable.Range(0, 2 * Environment.ProcessorCount)
            .Select(i => administrator.PostAsync("/v1/tunnels", new StringContent($$"""{"label":"waits-{{i}}"}""", null, "application/json")))
            .ToList();
        var answers = new List<string>();
        while (answers.Count < 20 && !waiting.Exists(task => task.IsCompleted))
        {
            answers.Add(await CallAsync(url));
        }

        Assert.That(answers, Has.Count.EqualTo(20).And.All.EqualTo("{}"), "calls had their answers while the registry hung");
        await Task.WhenAll(waiting);
    }
}
