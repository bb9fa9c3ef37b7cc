using System.Collections.Concurrent;
using System.Net;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Processes;
using McpTunnel.TestKit.Upstreams;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>A new edge process in place of the running one, on the same port, under calls: nobody outside notices but streams that outlast the grace.</summary>
[CancelAfter(600_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[UnsupportedOSPlatform("windows")]
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
public sealed class TakeOverTests : TakeOverFixture
{
    private const int Streams = 10;

    /// <summary>Of one caller. All processors busy with calls show nothing more, and what else runs waits.</summary>
    private static readonly TimeSpan BetweenCalls = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<string> _failures = new();
    private readonly CancellationTokenSource _stop = new();
    private X509Certificate2 _authority = null!;
    private int _calls;

    [TearDown]
    public void End()
    {
        _stop.Dispose();
        _authority?.Dispose();
    }

    [Test]
    public async Task F6_F13_edge_taken_over_twice_in_a_row_fails_no_call_and_refuses_no_connection()
    {
        await StartAllAsync(grace: "15s");
        _authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(ClientState, "server-ca.pem"));
        var streams = await OpenStreamsAsync();
        var load = Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => CallAsync(keepsConnection: i % 2 == 0))));
        await AfterMoreCallsAsync();

        await using var second = StartSuccessor();
        await second.NextLineAsync();
        await AfterMoreCallsAsync();
        var endedAtOnce = streams.Count(stream => stream.IsCompleted);
        var first = await Edge.EndAsync();
        await AfterMoreCallsAsync();
        await using var third = StartSuccessor();
        await third.NextLineAsync();
        var afterSecond = await second.EndAsync();
        await AfterMoreCallsAsync();
        await _stop.CancelAsync();
        await load;

        Assert.Multiple(() =>
        {
            Assert.That(_failures, Is.Empty, $"of {_calls} calls");
            Assert.That(endedAtOnce, Is.Zero, "streams go on at the process that was taken over");
            Assert.That(streams.Count(stream => stream.IsCompleted), Is.EqualTo(Streams), "until its grace is over");
            Assert.That((first.ExitCode, afterSecond.ExitCode), Is.EqualTo((0, 0)), $"{first}\n{afterSecond}");
            Assert.That(first.Error, Does.Contain("has taken over").And.Contain($"{Streams} streams were cut"));
        });
    }

    [Test]
    public async Task F13_edge_taken_over_again_while_the_one_before_still_serves_streams_fails_no_call()
    {
        await StartAllAsync(grace: "60s");
        _authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(ClientState, "server-ca.pem"));
        var streams = await OpenStreamsAsync();
        var load = Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => CallAsync(keepsConnection: i % 2 == 0))));

        await using var second = StartSuccessor();
        await second.NextLineAsync();
        await AfterMoreCallsAsync();
        await using var third = StartSuccessor();
        await third.NextLineAsync();
        await AfterMoreCallsAsync();
        await _stop.CancelAsync();
        await load;
        var running = streams.Count(stream => !stream.IsCompleted);
        await RevokeTokensAsync();
        var ends = await Task.WhenAll(Edge.EndAsync(), second.EndAsync());

        Assert.Multiple(() =>
        {
            Assert.That(_failures, Is.Empty, $"of {_calls} calls");
            Assert.That(running, Is.EqualTo(Streams), "streams of the first process outlive two successors");
            Assert.That(ends.Select(end => end.ExitCode), Is.All.Zero);
            Assert.That(ends[0].Error, Does.Contain("token_revoked"), "a revocation reaches the first process through the second");
        });
    }

    [Test]
    public async Task Service_manager_learns_of_the_new_process_from_the_old_one()
    {
        using var notices = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Unspecified);
        notices.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Root["notify"]));
        await StartAllAsync(grace: "5s", new Dictionary<string, string> { ["NOTIFY_SOCKET"] = Root["notify"] });

        // As systemd runs ExecReload=: without the notification socket, and done when the command has ended, whatever it left running.
        await using var reload = RunningProgram.Start(
            "/bin/sh", ["-c", $"'{RunningProgram.Mcptunnel}' edge reload --config '{EdgeYaml}' --json >'{Root["out"]}' 2>'{Root["err"]}'"], null);
        var reloaded = await reload.EndAsync();
        Assert.That(reloaded.ExitCode, Is.Zero, () => File.ReadAllText(Root["err"]));
        var process = JsonDocument.Parse((await File.ReadAllTextAsync(Root["out"])).Split('\n').First(line => line.Contains("process", StringComparison.Ordinal))).RootElement.GetProperty("process").GetInt32();
        var old = await Edge.EndAsync();
        var answer = await CallAsync(Url);
        await SignalAsync(process);
        var said = new List<string>();
        while (said.LastOrDefault() != "STOPPING=1")
        {
            said.Add(await NextAsync());
        }

        Assert.Multiple(() =>
        {
            Assert.That(answer, Is.EqualTo("{}"));
            Assert.That(old.ExitCode, Is.Zero);
            Assert.That(said, Is.EquivalentTo(new[] { "READY=1", $"MAINPID={process}", "READY=1", "STOPPING=1" }), "the old one does not say that the service stops");
        });

        async Task<string> NextAsync()
        {
            var buffer = new byte[256];
            return System.Text.Encoding.ASCII.GetString(buffer, 0, await notices.ReceiveAsync(buffer).WaitAsync(Eventually.Deadline));
        }
    }

    [Test]
    [Category("Quic")]
    public async Task F12_F13_links_over_quic_come_back_once_the_old_process_has_let_go_of_its_port()
    {
        Requires.Quic();
        await StartAllAsync(grace: "15s", links: "links:\n  carriers: [quic, tls]\n  probeEvery: 1s");
        _authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(ClientState, "server-ca.pem"));
        var before = await CarriersAsync();
        var streams = await OpenStreamsAsync();
        var load = Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => CallAsync(keepsConnection: i % 2 == 0))));

        await using var second = StartSuccessor();
        await second.NextLineAsync();
        await AfterMoreCallsAsync();
        var endedAtOnce = streams.Count(stream => stream.IsCompleted);
        var first = await Edge.EndAsync();
        IReadOnlyList<string> after;
        do
        {
            after = await CarriersAsync();
        }
        while (after.Count == 0 || after.Any(carrier => carrier != "quic"));

        await _stop.CancelAsync();
        await load;

        Assert.Multiple(() =>
        {
            Assert.That(_failures, Is.Empty, $"of {_calls} calls");
            Assert.That(before, Has.All.EqualTo("quic"));
            Assert.That(endedAtOnce, Is.Zero, "packets of the old process's connections reach the old process");
            Assert.That(first.ExitCode, Is.Zero);
        });
    }

    private async Task<IReadOnlyList<string>> CarriersAsync()
    {
        var links = await RunAsync("edge", "links", "--state", EdgeState, "--json");
        return [.. JsonDocument.Parse(links.Output).RootElement.EnumerateArray().Select(link => link.GetProperty("carrier").GetString()!)];
    }

    private static async Task SignalAsync(int process)
    {
        using var kill = System.Diagnostics.Process.Start("kill", ["-15", $"{process}"]);
        await kill.WaitForExitAsync();
    }

    private async Task RevokeTokensAsync()
    {
        var tokens = await RunAsync("edge", "tokens", "list", "acme", "--state", EdgeState, "--json");
        var id = JsonDocument.Parse(tokens.Output).RootElement[0].GetProperty("id").GetString()!;
        await RunAsync("edge", "tokens", "revoke", "acme", id, "--state", EdgeState);
    }

    private async Task CallAsync(bool keepsConnection)
    {
        var agent = NewAgent(_authority);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var response = await agent.PostAsync(Url, new StringContent("{}", null, "application/json"));
                var body = await response.Content.ReadAsStringAsync();
                if (response.StatusCode != HttpStatusCode.OK || body != "{}")
                {
                    _failures.Enqueue($"{response.StatusCode} {body}");
                }
            }
            catch (Exception exception)
            {
                _failures.Enqueue(exception.ToString());
            }

            Interlocked.Increment(ref _calls);
            await Task.Delay(BetweenCalls, TimeProvider.System);
            if (!keepsConnection)
            {
                agent.Dispose();
                agent = NewAgent(_authority);
            }
        }

        agent.Dispose();
    }

    private async Task AfterMoreCallsAsync()
    {
        var before = Volatile.Read(ref _calls);
        await Eventually.ThatAsync(() => Volatile.Read(ref _calls) > before + 100, "calls go on");
    }

    private async Task<List<Task>> OpenStreamsAsync()
    {
        Upstream.Become(Behaviour.SilentStream(": hello\n\n"));
        var streams = new List<Task>();
        for (var i = 0; i < Streams; i++)
        {
            var agent = NewAgent(_authority);
            var response = await agent.GetAsync(Url, HttpCompletionOption.ResponseHeadersRead);
            streams.Add(ReadToEndAsync(agent, response));
        }

        Upstream.Become(Behaviour.EchoBody);
        return streams;
    }

    private static async Task ReadToEndAsync(HttpClient agent, HttpResponseMessage response)
    {
        using (agent)
        using (response)
        {
            try
            {
                await using var body = await response.Content.ReadAsStreamAsync();
                await body.CopyToAsync(Stream.Null);
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException)
            {
                // Cut when the grace was over: an agent resumes.
            }
        }
    }
}
