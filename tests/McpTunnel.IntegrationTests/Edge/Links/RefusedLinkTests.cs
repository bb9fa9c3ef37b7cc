using System.Net;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.TestKit.WholePath;
using McpTunnel.Transport;

namespace McpTunnel.IntegrationTests.Edge.Links;

/// <summary>Requests for links that are refused before anything is judged are counted and logged like the others.</summary>
[CancelAfter(60_000)]
public sealed class RefusedLinkTests
{
    [TestCase(null, "upgrade_required")]
    [TestCase("mcp-tunnel/9", "version_unsupported")]
    public async Task Request_without_our_upgrade_is_counted_and_logged_and_costs_its_connection(string? upgrade, string code)
    {
        using var log = new LogRecord();
        await using var edge = await EdgeFixture.StartAsync(loggers: log.Factory);
        using var http = edge.CreateHttpClient(certificate: edge.Credentials.Certificate);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://link.{EdgeFixture.Domain}:{edge.Edge.Port}/v1/link");
        if (upgrade is not null)
        {
            request.Headers.Connection.Add("Upgrade");
            request.Headers.Upgrade.ParseAdd(upgrade);
        }

        using var response = await http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.UpgradeRequired));
        Assert.That(response.Headers.ConnectionClose, Is.True, "or one connection could fill the log");
        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.link.registrations", code) == 1, "it is counted");
        Assert.That(log.Contains($" 3050: A link from 127.0.0.1, certificate {edge.Credentials.Certificate.Subject}, came to nothing: {code}:"), string.Join('\n', log.Lines));
    }

    /// <summary>A stranger with one connection: many calls at once, each refused.</summary>
    [Test]
    public async Task Many_refused_calls_on_one_connection_are_one_line_in_the_log()
    {
        const int calls = 80;
        using var log = new LogRecord();
        await using var edge = await EdgeFixture.StartAsync(loggers: log.Factory);
        using (var http = edge.CreateHttpClient())
        {
            http.DefaultRequestHeaders.Authorization = new("Bearer", "mca_guess");
            var asked = Enumerable.Range(0, calls).Select(_ => http.SendAsync(
                new HttpRequestMessage(HttpMethod.Get, $"https://{EdgeFixture.Domain}:{edge.Edge.Port}/v1/links")
                {
                    Version = HttpVersion.Version20,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                },
                HttpCompletionOption.ResponseHeadersRead));
            foreach (var response in await Task.WhenAll(asked))
            {
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            }
        }

        Assert.That(log.Lines.Where(line => line.Contains(" 3110: ", StringComparison.Ordinal)), Has.Exactly(1).Items);
    }

    /// <summary>A client with good credentials: each attempt costs it a connection, and the edge lets it make a hundred a second.</summary>
    [Test]
    public async Task Client_that_is_refused_again_and_again_has_a_minutes_lines_and_one_more_that_counts_the_rest(CancellationToken cancellationToken)
    {
        const int attempts = 80;
        using var log = new LogRecord();
        await using (var edge = await EdgeFixture.StartAsync(loggers: log.Factory))
        {
            await using var link = await edge.DialAsync(edge.Hello(generation: 2));
            for (var i = 0; i < attempts; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await Assert.ThrowsAsync<LinkRefusedException>(() => edge.DialAsync(edge.Hello(generation: 1)));
            }
        }

        Assert.That(log.Lines.Where(line => line.Contains(" 3034: ", StringComparison.Ordinal)), Has.Exactly(60).Items);
        Assert.That(log.Contains($" 1020: Event 3034, 127.0.0.1: {attempts - 60} more lines"), string.Join('\n', log.Lines));
    }
}
