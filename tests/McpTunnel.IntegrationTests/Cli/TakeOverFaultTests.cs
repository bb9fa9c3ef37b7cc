using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using McpTunnel.Edge.Handover;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Processes;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>What goes wrong while one edge takes over from another, and what is refused from the start.</summary>
[CancelAfter(600_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[UnsupportedOSPlatform("windows")]
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
public sealed class TakeOverFaultTests : TakeOverFixture
{
    [Test]
    public async Task F13_new_process_that_dies_half_way_leaves_the_running_one_as_it_was()
    {
        await StartAllAsync(grace: "5s");
        using var authority = X509CertificateLoader.LoadCertificateFromFile(EdgeCa);
        using var administrator = Administrator(authority);
        HttpStatusCode meanwhile;
        using (var channel = new HandoverChannel(await HandoverSocket.ConnectAsync(Path.Combine(EdgeState, "edge.sock"), CancellationToken.None), TimeProvider.System))
        {
            channel.TrySend(new HandoverMessage(HandoverMessage.TakeOver) { Version = 1 });
            var offer = await ReceiveAsync(channel);
            channel.TrySend(new HandoverMessage(HandoverMessage.Release));
            Assert.That((offer.Kind, (await ReceiveAsync(channel)).Kind), Is.EqualTo((HandoverMessage.Offer, HandoverMessage.Released)));
            meanwhile = await CreateTunnelAsync(administrator, "while");
            Assert.That(await CallAsync(Url), Is.EqualTo("{}"));
        }

        await Eventually.ThatAsync(() => CreateTunnelAsync(administrator, "after").GetAwaiter().GetResult() == HttpStatusCode.Created, "the registry can be changed again");
        var call = await CallAsync(Url);
        await using var successor = StartSuccessor();
        await successor.NextLineAsync();
        var end = await Edge.EndAsync();

        Assert.Multiple(() =>
        {
            Assert.That(meanwhile, Is.EqualTo(HttpStatusCode.ServiceUnavailable), "what is changed now the new process would not know of");
            Assert.That(call, Is.EqualTo("{}"));
            Assert.That(end.Error, Does.Contain("did not take over"));
            Assert.That(end.ExitCode, Is.Zero);
        });
        Assert.That(await CallAsync(Url), Is.EqualTo("{}"));
    }

    [Test]
    public async Task F13_new_process_that_cannot_start_says_why_and_the_running_one_goes_on()
    {
        await StartAllAsync(grace: "5s");
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var changed = Path.Combine(EdgeState, "changed.yaml");
        var yaml = await File.ReadAllTextAsync(EdgeYaml);
        await File.WriteAllTextAsync(changed, yaml.Replace($"127.0.0.1:{Port}", $"{other.LocalEndpoint}", StringComparison.Ordinal));

        await using var successor = StartSuccessor(changed);
        var failed = await successor.EndAsync();
        var reload = await RunningProgram.RunMcptunnelAsync("edge", "reload", "--config", changed);
        var plain = await RunningProgram.RunMcptunnelAsync("edge", "run", "--config", EdgeYaml);

        Assert.Multiple(() =>
        {
            Assert.That(failed.ExitCode, Is.EqualTo(2), failed.ToString());
            Assert.That(failed.Error, Does.Contain($"cannot listen on {other.LocalEndpoint}").And.Contain("another program has this port"));
            Assert.That(reload.ExitCode, Is.EqualTo(2), reload.ToString());
            Assert.That(reload.Error, Does.Contain("did not take over"));
            Assert.That(plain.ExitCode, Is.EqualTo(2), plain.ToString());
            Assert.That(plain.Error, Does.Contain("Another process runs with the state directory"));
        });
        Assert.That(await CallAsync(Url), Is.EqualTo("{}"));
    }

    [Test]
    public async Task Reload_ends_for_those_who_read_its_output_though_the_new_process_goes_on()
    {
        await StartAllAsync(grace: "5s");

        await using var reload = RunningProgram.Start(
            "/bin/sh", ["-c", "\"$0\" edge reload --config \"$1\" --json 2>/dev/null | cat", RunningProgram.Mcptunnel, EdgeYaml], null);
        var end = await Eventually.ResultAsync(reload.EndAsync());
        using var answer = JsonDocument.Parse(end.Output);
        using var successor = Process.GetProcessById(answer.RootElement.GetProperty("process").GetInt32());

        Assert.That(await CallAsync(Url), Is.EqualTo("{}"));
        successor.Kill();
        await Eventually.EndAsync(successor.WaitForExitAsync());
    }

    [Test]
    public async Task F13_new_process_killed_after_it_took_over_leaves_neither_port_nor_lock_behind()
    {
        await StartAllAsync(grace: "60s");
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(ClientState, "server-ca.pem"));
        using var agent = NewAgent(authority);
        Upstream.Become(McpTunnel.TestKit.Upstreams.Behaviour.SilentStream(": hello\n\n"));
        using var stream = await agent.GetAsync(Url, HttpCompletionOption.ResponseHeadersRead);
        Upstream.Become(McpTunnel.TestKit.Upstreams.Behaviour.EchoBody);

        await using var successor = StartSuccessor();
        await successor.NextLineAsync();
        await successor.SignalAsync(9);
        await using var again = RunningProgram.StartMcptunnel("edge", "run", "--config", EdgeYaml, "--json");
        await again.NextLineAsync();
        var first = await Edge.EndAsync();

        Assert.That(first.ExitCode, Is.Zero, first.ToString());
        Assert.That(first.Error, Does.Contain("streams are cut"));
    }

    [Test]
    public async Task Nothing_to_take_over_is_said()
    {
        await InitializeEdgeAsync("\nmanagement: 127.0.0.1:0\n");

        await using var successor = StartSuccessor();
        var end = await successor.EndAsync();

        Assert.That((end.ExitCode, end.Error), Is.EqualTo((2, end.Error)));
        Assert.That(end.Error, Does.Contain("No edge that can be taken over runs with the state directory").And.Contain("without --take-over"));
    }

    [Test]
    public async Task Port_of_an_edge_with_another_state_directory_is_not_shared()
    {
        await StartAllAsync(grace: "5s");
        var other = Root["other"];
        await RunAsync("edge", "init", "--domain", EdgeDomain, "--state", other, "--listen", $"127.0.0.1:{Port}");
        await File.AppendAllTextAsync(Path.Combine(other, "edge.yaml"), "\nmanagement: 127.0.0.1:0\n");

        var second = await RunningProgram.RunMcptunnelAsync("edge", "run", "--config", Path.Combine(other, "edge.yaml"));

        Assert.That(second.ExitCode, Is.EqualTo(2), second.ToString());
        Assert.That(second.Error, Does.Contain("another program has this port"));
    }

    private static async Task<HandoverMessage> ReceiveAsync(HandoverChannel channel)
    {
        var (message, descriptors) = (await Eventually.ResultAsync(channel.ReceiveAsync(CancellationToken.None)))!.Value;
        foreach (var descriptor in descriptors)
        {
            descriptor.Dispose();
        }

        return message;
    }

    private static async Task<HttpStatusCode> CreateTunnelAsync(HttpClient administrator, string label)
    {
        using var response = await administrator.PostAsync("/v1/tunnels", JsonContent.Create(new { label }));
        return response.StatusCode;
    }
}
