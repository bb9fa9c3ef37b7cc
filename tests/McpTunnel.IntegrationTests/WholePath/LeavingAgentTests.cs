using System.Net;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;
using McpTunnel.TestKit.WholePath;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>What an operator sees when an agent's connection ends, in order or not.</summary>
[TestFixture("1.1")]
[TestFixture("2.0")]
[CancelAfter(120_000)]
public sealed class LeavingAgentTests(string version)
{
    private ScriptedUpstream _upstream = null!;
    private TunnelFixture _path = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _upstream = await ScriptedUpstream.StartAsync(Behaviour.Reply(200, "application/json", "{}"));
        _path = await TunnelFixture.StartAsync(new TunnelFixtureOptions { Servers = [new("docs") { NeedsToken = false, Upstream = _upstream.Url }] });
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _path.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Test]
    public async Task Agent_that_leaves_after_its_answer_ends_its_stream_in_order(CancellationToken cancellationToken)
    {
        for (var i = 0; i < 5; i++)
        {
            using var http = _path.CreateHttpClient();
            using var response = await http.SendAsync(Request(), cancellationToken);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        await Eventually.ThatAsync(() => EndsAtTheEdge().Count == 5, "the edge saw the ends");
        Assert.That(EndsAtTheEdge(), Has.None.Contain("reset"));
    }

    [Test]
    public async Task Agent_that_leaves_in_the_middle_of_a_response_is_one_line_in_the_access_log(CancellationToken cancellationToken)
    {
        _upstream.Become(EndlessAsync);
        var http = _path.CreateHttpClient();
        var response = await http.SendAsync(Request(), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await body.ReadExactlyAsync(new byte[100_000], cancellationToken);

        await body.DisposeAsync();
        response.Dispose();
        http.Dispose();

        await Eventually.ThatAsync(() => _path.Tunnel.Log.Contains(" 2100: "), "the access log has the call");
        await Eventually.ThatAsync(() => _path.Tunnel.Client.Status.Links[0].Streams == 0, "its stream is gone");
        Assert.Multiple(() =>
        {
            Assert.That(_path.Tunnel.Log.Lines.Where(line => line.Contains(" 2100: ", StringComparison.Ordinal)).ToList(), Has.Count.EqualTo(1).And.All.Contain("closed by Agent"));
            Assert.That(_path.Tunnel.Log.Lines.Where(line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Warning", StringComparison.Ordinal)), Is.Empty);
        });
    }

    private List<string> EndsAtTheEdge() => [.. _path.EdgeLog.Lines.Where(line => line.Contains(" 3022: ", StringComparison.Ordinal))];

    private HttpRequestMessage Request() => new(HttpMethod.Post, _path.Tunnel.UrlOf("docs"))
    {
        Version = Version.Parse(version),
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Content = new StringContent("{}", null, "application/json"),
    };

    private static async Task EndlessAsync(HttpContext context)
    {
        context.Response.ContentType = "application/octet-stream";
        var chunk = new byte[64 * 1024];
        while (true)
        {
            await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
        }
    }
}
