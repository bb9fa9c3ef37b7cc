using System.Net.Security;
using McpTunnel.Client.Configuration;
using McpTunnel.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>Agents without a call that was let in, who do not take what they are sent: nothing that they do keeps their connection.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class StuckNewcomerTests
{
    private static readonly TimeSpan Patience = new LimitsOptions().FirstCallTimeout;

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    [Test]
    public async Task Agent_that_takes_no_answer_is_asked_to_leave_and_cut_when_it_is_still_there_after_as_much_time_again()
    {
        await using var boundary = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", new Uri("http://127.0.0.1:9/mcp"))], time: _time);
        await using var agent = await boundary.OpenAsync(BoundaryHost.HostOf("docs"), SslApplicationProtocol.Http2);
        await RawHttp2.BeginAsync(agent, initialWindow: 0);
        Assert.That(await RawHttp2.GetAsync(agent, 1, BoundaryHost.HostOf("docs"), "/other"), Is.EqualTo(404), "refused, with a body for which the agent has no room");

        _time.Advance(Patience);
        Assert.That(await RawHttp2.ReadGoAwayAsync(agent), Is.EqualTo(RawHttp2.AllStreams).Or.EqualTo(1));
        var ending = EndOfConnectionAsync(agent);
        _time.Advance(Patience - TimeSpan.FromTicks(1));
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
        var early = ending.IsCompleted;
        _time.Advance(TimeSpan.FromTicks(1));

        await Eventually.EndAsync(ending);
        Assert.That(early, Is.False);
    }

    private static async Task EndOfConnectionAsync(SslStream agent)
    {
        var buffer = new byte[4096];
        try
        {
            while (await agent.ReadAsync(buffer) > 0)
            {
                // What was sent before the end.
            }
        }
        catch (IOException)
        {
            // Reset, which is an end too.
        }
    }
}
