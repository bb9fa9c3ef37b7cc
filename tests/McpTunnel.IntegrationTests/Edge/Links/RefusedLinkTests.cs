using System.Net;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.Edge.Links;

/// <summary>Requests for links that are refused before anything is judged are counted and logged like the others.</summary>
[CancelAfter(60_000)]
public sealed class RefusedLinkTests
{
    [TestCase(null, "upgrade_required")]
    [TestCase("mcp-tunnel/9", "version_unsupported")]
    public async Task Request_without_our_upgrade_is_counted_and_logged(string? upgrade, string code)
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
        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.link.registrations", code) == 1, "it is counted");
        Assert.That(log.Contains($" 3050: A link from 127.0.0.1, certificate {edge.Credentials.Certificate.Subject}, came to nothing: {code}:"), string.Join('\n', log.Lines));
    }
}
