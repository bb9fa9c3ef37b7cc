using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using McpTunnel.Cli.Demo.Sample;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Processes;
using McpTunnel.TestKit.Upstreams;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>The demo as a person starts it: the built program in a process of its own.</summary>
[CancelAfter(600_000)]
[Parallelizable(ParallelScope.All)]
public sealed class DemoTests
{
    [Test]
    public async Task Once_calls_in_both_eras_and_exits_0()
    {
        var result = await RunningProgram.RunMcptunnelAsync("demo", "--once");

        Assert.That(result.ExitCode, Is.Zero, result.ToString());
        Assert.Multiple(() =>
        {
            Assert.That(result.Output, Does.Contain("2025-11-25  tools/list").And.Contain("2026-07-28  tools/list"));
            Assert.That(result.Output, Does.Contain("2025-11-25  tools/call echo").And.Contain("2026-07-28  tools/call echo"));
            Assert.That(result.Output, Does.Contain("WWW-Authenticate: Bearer resource_metadata="));
            Assert.That(result.Output, Does.Not.Contain("no record").And.Not.Contain("WITH THE AGENT'S TOKEN"));
        });
    }

    [Test]
    public async Task Once_with_json_prints_one_document_with_every_hop()
    {
        var result = await RunningProgram.RunMcptunnelAsync("demo", "--once", "--json");

        Assert.That(result.ExitCode, Is.Zero, result.ToString());
        var report = JsonDocument.Parse(result.Output).RootElement;
        var calls = report.GetProperty("calls").EnumerateArray().ToList();
        Assert.Multiple(() =>
        {
            Assert.That(report.GetProperty("passed").GetBoolean(), Is.True);
            Assert.That(calls, Has.Count.EqualTo(4));
            Assert.That(
                calls.Select(call => string.Join(' ', call.GetProperty("hops").EnumerateArray().Select(hop => hop.GetProperty("hop").GetString()))),
                Is.All.EqualTo("agent edge client upstream"));
            Assert.That(report.GetProperty("refused").GetProperty("status").GetInt32(), Is.EqualTo(401));
        });
    }

    [Test]
    public async Task Json_prints_one_line_when_ready_and_a_signal_ends_it_with_0()
    {
        await using var demo = RunningProgram.StartMcptunnel("demo", "--json");

        var ready = JsonDocument.Parse(await demo.NextLineAsync()).RootElement;
        foreach (var url in ready.GetProperty("managementUrls").EnumerateArray())
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
            using var response = await http.GetAsync(new Uri(new Uri(url.GetString()!), "/readyz"));
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), url.GetString());
        }

        var caFile = ready.GetProperty("caFile").GetString()!;
        Assert.That(caFile, Does.StartWith(demo.TemporaryDirectory).And.Exist);
        await demo.SignalAsync(15);
        var result = await demo.EndAsync();
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.Zero, result.ToString());
            Assert.That(Directory.EnumerateFileSystemEntries(demo.TemporaryDirectory), Is.Empty, "keys and registry go with the demo");
            Assert.That(result.Output.Trim().Split('\n'), Has.Length.EqualTo(1));
            Assert.That(ready.EnumerateObject().Select(member => member.Name), Is.EqualTo(new[] { "agentUrl", "caFile", "token", "managementUrls" }));
            Assert.That(ready.GetProperty("agentUrl").GetString(), Does.Match(@"^https://sample\.demo\.tunnel\.localhost:\d+/mcp$"));
        });
    }

    [Test]
    [Category("Curl")]
    public async Task Printed_curl_command_works_as_printed()
    {
        Requires.DebianProgram("curl", "curl");
        await using var demo = RunningProgram.StartMcptunnel("demo");
        var lines = new List<string>();
        do
        {
            lines.Add(await demo.NextLineAsync());
        }
        while (!lines[^1].StartsWith("Ctrl-C", StringComparison.Ordinal));

        var command = string.Join('\n', lines.SkipWhile(line => !line.StartsWith("curl ", StringComparison.Ordinal)).TakeWhile(line => line.Length > 0));
        await using var shell = RunningProgram.Start("/bin/sh", ["-c", command], new Dictionary<string, string> { ["HTTPS_PROXY"] = "http://127.0.0.1:1" });
        var result = await shell.EndAsync();

        Assert.That(result.ExitCode, Is.Zero, result.ToString());
        Assert.That(result.Output, Does.Contain("\"name\":\"echo\""));
    }

    [Test]
    public async Task Upstream_of_the_users_own_is_served_under_its_path_and_name()
    {
        await using var upstream = await ScriptedUpstream.StartAsync(Behaviour.EchoHeaders);
        await using var demo = RunningProgram.StartMcptunnel("demo", "--json", "--upstream", $"tools={new Uri(upstream.Url, "/custom/mcp")}");

        var ready = JsonDocument.Parse(await demo.NextLineAsync()).RootElement;

        Assert.That(ready.GetProperty("agentUrl").GetString(), Does.Match(@"^https://tools\.demo\.tunnel\.localhost:\d+/custom/mcp$"));
    }

    [Test]
    public async Task Once_with_an_upstream_of_one_era_says_so_and_exits_0(CancellationToken cancellationToken)
    {
        await using var sample = await SampleServer.StartAsync(0, TimeProvider.System, null, null, cancellationToken);
        var upstream = $"tools={new Uri(sample.BaseUrl, "/mcp/stateful")}";

        var text = await RunningProgram.RunMcptunnelAsync("demo", "--once", "--upstream", upstream);
        var json = await RunningProgram.RunMcptunnelAsync("demo", "--once", "--json", "--upstream", upstream);

        var report = JsonDocument.Parse(json.Output).RootElement;
        Assert.Multiple(() =>
        {
            Assert.That((text.ExitCode, json.ExitCode), Is.EqualTo((0, 0)), $"{text}{json}");
            Assert.That(text.Output, Does.Contain("2026-07-28  not spoken by this server").And.Not.Contain("FAIL"));
            Assert.That(report.GetProperty("passed").GetBoolean(), Is.True);
            Assert.That(report.GetProperty("calls").EnumerateArray().Select(call => call.GetProperty("passed").GetBoolean()), Is.Not.Empty.And.All.True);
            Assert.That(report.GetProperty("notSpoken").EnumerateArray().Single().GetProperty("protocolVersion").GetString(), Is.EqualTo("2026-07-28"));
        });
    }

    [Test]
    public async Task Once_with_an_upstream_that_speaks_no_era_fails_in_text_json_and_exit_code()
    {
        await using var upstream = await ScriptedUpstream.StartAsync(Behaviour.Reply(404, "text/plain", "nothing here"));

        var result = await RunningProgram.RunMcptunnelAsync("demo", "--once", "--json", "--upstream", $"tools={upstream.Url}");

        var report = JsonDocument.Parse(result.Output).RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(1), result.ToString());
            Assert.That(report.GetProperty("passed").GetBoolean(), Is.False);
            Assert.That(report.GetProperty("calls").EnumerateArray().Select(call => call.GetProperty("passed").GetBoolean()), Is.EqualTo(new[] { false, false }));
            Assert.That(report.GetProperty("notSpoken").GetArrayLength(), Is.Zero);
        });
    }

    [TestCase("nothing")]
    [TestCase("Upper=http://127.0.0.1:1/mcp")]
    [TestCase("a.b=http://127.0.0.1:1/mcp")]
    [TestCase("docs=ftp://127.0.0.1/mcp")]
    [TestCase("docs=http://127.0.0.1/mcp?x=1")]
    public async Task Upstream_that_is_not_name_and_url_is_a_usage_error(string upstream)
    {
        var result = await RunningProgram.RunMcptunnelAsync("demo", "--once", "--upstream", upstream);

        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(2), result.ToString());
            Assert.That(result.Error, Does.Contain("--upstream").And.Contain("remedy:"));
        });
    }

    [Test]
    public async Task Port_that_is_taken_is_a_clear_error()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var result = await RunningProgram.RunMcptunnelAsync("demo", "--once", "--port", $"{port}");

        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(2), result.ToString());
            Assert.That(result.Error, Does.Contain($"{port}").And.Not.Contain("   at "));
        });
    }

    [Test]
    public async Task State_that_is_kept_is_used_again()
    {
        using var state = new ScratchDirectory();
        var first = await RunningProgram.RunMcptunnelAsync("demo", "--once", "--state", state.Path);
        var authority = await File.ReadAllTextAsync(state["client/server-ca.pem"]);
        var second = await RunningProgram.RunMcptunnelAsync("demo", "--once", "--state", state.Path);

        Assert.Multiple(() =>
        {
            Assert.That(first.ExitCode, Is.Zero, first.ToString());
            Assert.That(second.ExitCode, Is.Zero, second.ToString());
            Assert.That(File.ReadAllText(state["client/server-ca.pem"]), Is.EqualTo(authority));
        });
    }
}
