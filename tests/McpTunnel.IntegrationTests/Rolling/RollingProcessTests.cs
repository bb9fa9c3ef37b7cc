using System.Security.Cryptography.X509Certificates;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;

namespace McpTunnel.IntegrationTests.Rolling;

/// <summary>
/// Two edge nodes and two client instances, real processes, restarted one after another under load. Another rate is chosen with
/// <c>-- "TestRunParameters.Parameter(name=\"callsPerSecond\",value=\"300\")"</c>.
/// </summary>
[CancelAfter(300_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Self)]
public sealed class RollingProcessTests
{
    /// <summary>Seconds that a node or a client lets go on what is in flight: longer than a call takes on a machine that is busy with something else.</summary>
    private const int Grace = 10;

    /// <summary>The same where nothing but streams is in flight, which outlast any grace.</summary>
    private const int GraceOfStreams = 5;

    /// <summary>Calls between two steps.</summary>
    private const int Some = 200;

    private const int CallsPerSecond = 500;

    /// <summary>The log of events grows so many times a second for all streams together.</summary>
    private const int EventsPerSecond = 400;

    private readonly EventLog _events = new();
    private readonly CancellationTokenSource _stop = new();

    [TearDown]
    public void Dispose() => _stop.Dispose();

    [TestCase("tls")]
    [TestCase("quic", Category = "Quic")]
    public Task F6_F13_F24_rolling_restart_under_calls_and_streams_fails_no_call(string carrier) =>
        RestartAllAsync(carrier, TestContext.Parameters.Get("callsPerSecond", CallsPerSecond), streams: 200, Grace);

    [TestCase("tls")]
    [TestCase("quic", Category = "Quic")]
    public Task F6_a_thousand_streams_are_drained_and_resume_at_a_rolling_restart(string carrier) => RestartAllAsync(carrier, callsPerSecond: 0, streams: 1000, GraceOfStreams);

    private async Task RestartAllAsync(string carrier, int callsPerSecond, int streams, int grace)
    {
        if (carrier == "quic")
        {
            Requires.Quic();
        }

        await using var upstream = await ScriptedUpstream.StartAsync(_events.AnswerAsync);
        upstream.RecordsBodies = false;
        await using var path = await TwoOfEverything.StartAsync(upstream.Url, carrier, grace);
        using var authority = X509CertificateLoader.LoadCertificateFromFile(path.CaFile);
        var balancer = new NodeBalancer(path.Nodes, authority);
        await using var calls = new PacedCalls(balancer, path.Url, callsPerSecond);
        await using var following = new EventStreams(balancer, path.Url, streams);
        following.Start();
        await Eventually.ThatAsync(() => following.AllOpen || !following.Failures.IsEmpty, "all streams are open");
        var growing = GrowAsync(TimeSpan.FromSeconds((double)streams / EventsPerSecond));
        calls.Start();
        await calls.AfterMoreAsync(Some);

        var drained = new List<int>();
        for (var node = 0; node < 2; node++)
        {
            following.BeginDrain($"edge node {node + 1}");
            await balancer.TakeOutAsync(node);
            calls.During = $"the stop of edge node {node + 1}";
            await path.StopEdgeAsync(node);
            calls.During = $"the start of edge node {node + 1}";
            await following.EndDrainAsync(_events.Add());
            drained.Add(following.Ended);
            await path.RestartEdgeAsync(node);
            balancer.PutBack();
            await calls.AfterMoreAsync(Some);
        }

        for (var client = 0; client < 2; client++)
        {
            following.BeginDrain($"client {client + 1}");
            calls.During = $"the stop of client {client + 1}";
            await path.StopClientAsync(client);
            calls.During = $"the start of client {client + 1}";
            await following.EndDrainAsync(_events.Add());
            drained.Add(following.Ended);
            await path.StartClientAsync(client);
            await calls.AfterMoreAsync(Some);
        }

        await calls.StopAsync();
        await _stop.CancelAsync();
        await growing;
        await Eventually.ThatAsync(() => following.HaveAll(_events.Last) || !following.Failures.IsEmpty, "every stream has every event");
        await TestContext.Out.WriteLineAsync($"{carrier}: {calls}; streams drained: {string.Join(", ", drained)} of {streams}; {_events.Last} events");
        Assert.Multiple(() =>
        {
            Assert.That(calls.Failures, Is.Empty, $"of {calls.Count} calls");
            Assert.That(following.Failures, Is.Empty);
            Assert.That(drained.Sum(), Is.Positive, "streams were on what was stopped");
        });
    }

    private async Task GrowAsync(TimeSpan every)
    {
        while (!_stop.IsCancellationRequested)
        {
            _events.Add();
            await Task.Delay(every, TimeProvider.System);
        }
    }
}
