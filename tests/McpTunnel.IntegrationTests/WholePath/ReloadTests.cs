using System.Net;
using McpTunnel.TestKit;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>The configuration changes while calls go on.</summary>
[CancelAfter(120_000)]
public sealed class ReloadTests
{
    private TunnelFixture _path = null!;

    [SetUp]
    public async Task StartPath() => _path = await TunnelFixture.StartAsync(new TunnelFixtureOptions { Servers = [new("docs") { NeedsToken = false }] });

    [TearDown]
    public async Task StopPath() => await _path.DisposeAsync();

    [Test]
    public async Task Added_server_is_served_and_no_call_to_the_old_one_fails(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var calls = CallUntilAsync(stop.Token);

        await _path.Tunnel.ConfigureAsync(new TestServer("docs") { NeedsToken = false }, new TestServer("files") { NeedsToken = false });
        await Eventually.ThatAsync(() => _path.Tunnel.Client.ServerUrls.Count == 2, "the new configuration in force");
        var added = await StatusAsync("files", cancellationToken);
        await stop.CancelAsync();

        var statuses = await calls;
        Assert.Multiple(() =>
        {
            Assert.That(added, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(statuses, Is.Not.Empty);
            Assert.That(statuses.Distinct(), Is.EqualTo(new[] { HttpStatusCode.OK }));
        });
    }

    [Test]
    public async Task Removed_server_is_gone_and_the_rest_stays(CancellationToken cancellationToken)
    {
        await _path.Tunnel.ConfigureAsync(new TestServer("files") { NeedsToken = false });
        await Eventually.ThatAsync(() => _path.Tunnel.Client.ServerUrls.Single().Host.StartsWith("files.", StringComparison.Ordinal), "the new configuration in force");

        Assert.That(await StatusAsync("files", cancellationToken), Is.EqualTo(HttpStatusCode.OK));
        await Assert.ThatAsync(() => StatusAsync("docs", cancellationToken), Throws.InstanceOf<HttpRequestException>());
    }

    [Test]
    public async Task F33_bad_file_is_refused_with_its_line_and_the_last_good_one_goes_on(CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(_path.Tunnel.ConfigurationFile, "edge: nonsense\nservers: 7\n", cancellationToken);
        await Eventually.ThatAsync(() => _path.Tunnel.Client.Status.Configuration!.Errors.Count > 0, "the bad file noticed");

        Assert.Multiple(() =>
        {
            Assert.That(_path.Tunnel.Client.Status.Configuration!.Errors, Has.Some.Contain("client.yaml:1:"));
            Assert.That(_path.Tunnel.Client.Status.Readiness.Ready, Is.True);
        });
        Assert.That(await StatusAsync("docs", cancellationToken), Is.EqualTo(HttpStatusCode.OK));
    }

    private async Task<List<HttpStatusCode>> CallUntilAsync(CancellationToken stop)
    {
        var statuses = new List<HttpStatusCode>();
        do
        {
            statuses.Add(await StatusAsync("docs", CancellationToken.None));
        }
        while (!stop.IsCancellationRequested);

        return statuses;
    }

    private async Task<HttpStatusCode> StatusAsync(string server, CancellationToken cancellationToken)
    {
        using var http = _path.CreateHttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, _path.Tunnel.UrlOf(server))
        {
            Content = new StringContent(
                """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""",
                null,
                "application/json"),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        using var response = await http.SendAsync(request, cancellationToken);
        return response.StatusCode;
    }
}
