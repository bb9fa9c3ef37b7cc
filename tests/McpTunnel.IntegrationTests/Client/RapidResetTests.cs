using System.Net.Security;
using McpTunnel.Client.Configuration;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>Agents that open calls over HTTP/2 and reset them: a few are given up, thousands are an attack on the log and on the server behind.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RapidResetTests
{
    private const int StreamsPerConnection = 20;
    private const int Most = 2 * StreamsPerConnection;
    private const int Call = 2100;
    private const int Ended = 2102;

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private ScriptedUpstream _upstream = null!;
    private BoundaryHost _boundary = null!;
    private SslStream _agent = null!;
    private int _stream = 1;

    [SetUp]
    public async Task ConnectAsync()
    {
        _upstream = await ScriptedUpstream.StartAsync(Behaviour.SilentStream());
        _boundary = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", _upstream.Url)], new LimitsOptions { StreamsPerConnection = StreamsPerConnection }, time: _time);
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
    public async Task Agent_that_resets_more_calls_within_a_second_than_it_may_loses_its_connection_and_every_call_is_in_the_log()
    {
        await ResetAsync(Most);
        var before = _boundary.Logs.Of(Ended).Count;

        await ResetAsync(1);
        await EndOfConnectionAsync();

        Assert.That((before, _boundary.Logs.Of(Ended).Count, _boundary.Logs.Of(Call).Count), Is.EqualTo((0, 1, Most + 1)));
    }

    [Test]
    public async Task Agent_that_gives_up_all_its_calls_time_and_again_keeps_its_connection()
    {
        for (var round = 0; round < 5; round++)
        {
            await ResetAsync(Most);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        _upstream.Become(Behaviour.Reply(200, "text/plain", "ok"));
        await RawHttp2.SendGetAsync(_agent, _stream, BoundaryHost.HostOf("docs"), "/mcp?last");

        await Eventually.ThatAsync(() => _upstream.Requests.Any(request => request.Target == "/mcp?last"), "the connection goes on");
        Assert.That(_boundary.Logs.Of(Ended), Is.Empty);
    }

    /// <summary>Opens and resets calls, each over before the next begins: of those that are not, Kestrel has a limit of its own.</summary>
    private async Task ResetAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var lines = _boundary.Logs.Of(Call).Count;
            await RawHttp2.SendGetAsync(_agent, _stream, BoundaryHost.HostOf("docs"), "/mcp");
            await RawHttp2.SendResetAsync(_agent, _stream);
            _stream += 2;
            await Eventually.ThatAsync(() => _boundary.Logs.Of(Call).Count > lines, "the call is over and has its line");
        }
    }

    private async Task EndOfConnectionAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (await Eventually.ResultAsync(_agent.ReadAsync(buffer).AsTask()) > 0)
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
