using System.Runtime.CompilerServices;
using McpTunnel.TestKit.Upstreams;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>What agents see of open event streams when the client's grace is over.</summary>
[CancelAfter(60_000)]
public sealed class EventStreamEndTests
{
    [TestCase("text/event-stream; charset=utf-8", false)]
    [TestCase("text/event-stream", true)]
    public async Task F6_event_stream_over_HTTP_2_ends_in_good_order_when_the_client_stops(string type, bool silent, CancellationToken cancellationToken)
    {
        var (path, upstream) = await StartAsync(Behaviour.EventStream(token => Events(silent, token), type));
        await using var closing = path;
        await using var closingUpstream = upstream;
        using var agent = path.CreateHttpClient();
        using var response = await OpenAsync(agent, path, "2.0", cancellationToken);
        var body = response.Content.ReadAsStringAsync(cancellationToken);

        await path.Tunnel.StopAsync(TimeSpan.FromSeconds(3));

        Assert.That(await body, Does.StartWith("data: 0\n\n"), "read to its end");
        Assert.That(path.Tunnel.Log.Contains("closed by Stop"), Is.True);
        Assert.That(path.Tunnel.Log.Contains("closed by Agent"), Is.False);
    }

    [TestCase("2.0", "application/octet-stream")]
    [TestCase("1.1", "text/event-stream")]
    public async Task Body_that_must_be_whole_and_a_stream_whose_connection_would_be_used_again_are_cut(string version, string type, CancellationToken cancellationToken)
    {
        var (path, upstream) = await StartAsync(Behaviour.EventStream(token => Events(silent: false, token), type));
        await using var closing = path;
        await using var closingUpstream = upstream;
        using var agent = path.CreateHttpClient();
        using var response = await OpenAsync(agent, path, version, cancellationToken);
        var body = response.Content.ReadAsStringAsync(cancellationToken);

        await path.Tunnel.StopAsync(TimeSpan.FromSeconds(3));

        Assert.That(async () => await body, Throws.InstanceOf<HttpRequestException>().Or.InstanceOf<IOException>());
    }

    private static async Task<(TunnelFixture Path, ScriptedUpstream Upstream)> StartAsync(Microsoft.AspNetCore.Http.RequestDelegate behaviour)
    {
        var upstream = await ScriptedUpstream.StartAsync(behaviour);
        var server = new TestServer("docs") { Upstream = upstream.Url, NeedsToken = false };
        return (await TunnelFixture.StartAsync(new TunnelFixtureOptions { Servers = [server] }), upstream);
    }

    private static async Task<HttpResponseMessage> OpenAsync(HttpClient agent, TunnelFixture path, string version, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path.Tunnel.UrlOf("docs")) { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        return await agent.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private static async IAsyncEnumerable<string> Events(bool silent, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var number = 0; ; number++)
        {
            yield return $"data: {number}\n\n";
            await Task.Delay(silent ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }
    }
}
