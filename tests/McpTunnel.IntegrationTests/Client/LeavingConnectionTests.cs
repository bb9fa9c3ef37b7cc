using System.Net.Security;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>How HTTP/2 connections of agents end when the client wants them to: in a way in which no call of a careful agent is lost.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LeavingConnectionTests
{
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private ScriptedUpstream _upstream = null!;
    private BoundaryHost _boundary = null!;
    private SslStream _agent = null!;
    private TaskCompletionSource? _answering;

    [SetUp]
    public async Task ConnectAsync()
    {
        _upstream = await ScriptedUpstream.StartAsync(_ => _answering?.Task ?? Task.CompletedTask);
        _boundary = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", _upstream.Url)], time: _time);
        _agent = await _boundary.OpenAsync(BoundaryHost.HostOf("docs"), SslApplicationProtocol.Http2);
        await RawHttp2.BeginAsync(_agent);
    }

    [TearDown]
    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _boundary.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Test]
    public async Task F13_connection_stays_open_behind_its_GOAWAY_until_the_agent_has_had_time_to_read_it()
    {
        await CallAsync();
        var stopping = _boundary.StopAsync(CancellationToken.None);
        var last = await RawHttp2.ReadGoAwayAsync(_agent);
        var end = _agent.ReadAsync(new byte[1]).AsTask();
        await Task.WhenAny(end, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System));
        var early = end.IsCompleted || stopping.IsCompleted;
        await Eventually.ThatAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return end.IsCompleted;
            },
            "an agent that does not close is closed");
        await Eventually.EndAsync(stopping);

        Assert.That((last, early, await end), Is.EqualTo((1, false, 0)));
    }

    [Test]
    public async Task F13_agent_that_closes_behind_a_GOAWAY_is_not_waited_for()
    {
        await CallAsync();
        var stopping = _boundary.StopAsync(CancellationToken.None);
        await RawHttp2.ReadGoAwayAsync(_agent);

        await _agent.DisposeAsync();

        await Eventually.EndAsync(stopping);
    }

    [Test]
    public async Task F13_call_on_a_link_that_is_left_is_answered_and_the_GOAWAY_beside_it_takes_what_is_on_its_way()
    {
        _boundary.IsDraining = true;
        _answering = new TaskCompletionSource();
        await RawHttp2.SendGetAsync(_agent, 1, BoundaryHost.HostOf("docs"), "/mcp");
        var last = await RawHttp2.ReadGoAwayAsync(_agent);
        await RawHttp2.SendGetAsync(_agent, 3, BoundaryHost.HostOf("docs"), "/mcp");
        await Eventually.ThatAsync(() => _upstream.Requests.Count == 2, "the call that was on its way has arrived");
        _answering.SetResult();

        Assert.That(last, Is.EqualTo(RawHttp2.AllStreams));
        Assert.That(await RawHttp2.ReadStatusesAsync(_agent, 2), Is.EquivalentTo(new Dictionary<int, int> { [1] = 200, [3] = 200 }));
    }

    private async Task CallAsync() =>
        Assert.That(await RawHttp2.GetAsync(_agent, 1, BoundaryHost.HostOf("docs"), "/mcp"), Is.EqualTo(200));
}
