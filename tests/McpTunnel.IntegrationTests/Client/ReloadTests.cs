using System.Net;
using McpTunnel.Client.Configuration;
using McpTunnel.Configuration;
using McpTunnel.Configuration.Values;
using McpTunnel.TestKit;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>A changed configuration is swapped in whole, and calls in progress do not notice.</summary>
public sealed class ReloadTests
{
    [Test]
    public async Task Apply_calls_in_progress_go_on_and_new_ones_follow_the_new_table()
    {
        var release = new TaskCompletionSource();
        await using var old = new RawUpstream(async exchange =>
        {
            await exchange.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
            await release.Task;
            await exchange.WriteAsync("data: 2\n\n");
            exchange.Close();
        });
        await using var next = new RawUpstream(exchange => exchange.OkAsync("next"));
        await using var host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", old.Url), BoundaryHost.Server("gone", old.Url)]);
        using var agent = host.NewAgent(HttpVersion.Version20);
        using var docs = await agent.SendAsync(Get("docs"), HttpCompletionOption.ResponseHeadersRead);
        using var gone = await agent.SendAsync(Get("gone"), HttpCompletionOption.ResponseHeadersRead);

        await host.ApplyAsync(host.Options with { Servers = [BoundaryHost.Server("docs", next.Url)] });
        var fresh = await agent.GetStringAsync(BoundaryHost.UrlOf("docs"));
        using var removed = await agent.SendAsync(Get("gone"));
        release.SetResult();

        Assert.That(fresh, Is.EqualTo("next"));
        Assert.That(removed.StatusCode, Is.EqualTo(HttpStatusCode.MisdirectedRequest));
        Assert.That(await Eventually.ResultAsync(docs.Content.ReadAsStringAsync()), Is.EqualTo("data: 1\n\ndata: 2\n\n"));
        Assert.That(await Eventually.ResultAsync(gone.Content.ReadAsStringAsync()), Is.EqualTo("data: 1\n\ndata: 2\n\n"));
    }

    [Test]
    public async Task Apply_server_about_which_nothing_changed_keeps_its_connections()
    {
        await using var upstream = new RawUpstream(exchange => exchange.OkAsync());
        await using var host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", upstream.Url)]);
        using var agent = host.NewAgent(HttpVersion.Version11);
        await agent.GetStringAsync(BoundaryHost.UrlOf("docs"));

        await host.ApplyAsync(host.Options with { Servers = [BoundaryHost.Server("docs", upstream.Url), BoundaryHost.Server("more", upstream.Url)] });
        await agent.GetStringAsync(BoundaryHost.UrlOf("docs"));
        var unchanged = upstream.Connections;
        await host.ApplyAsync(host.Options with { Servers = [BoundaryHost.Server("docs", upstream.Url) with { MaxRequestBody = ByteSize.MiB(1) }] });
        await agent.GetStringAsync(BoundaryHost.UrlOf("docs"));

        Assert.Multiple(() =>
        {
            Assert.That(unchanged, Is.EqualTo(1));
            Assert.That(upstream.Connections, Is.EqualTo(2));
        });
    }

    [Test]
    public async Task Apply_added_server_is_served_at_once()
    {
        await using var upstream = new RawUpstream(exchange => exchange.OkAsync());
        await using var host = await BoundaryHost.StartAsync([]);
        using var agent = host.NewAgent(HttpVersion.Version11);
        Assert.That(async () => await agent.GetStringAsync(BoundaryHost.UrlOf("docs")), Throws.InstanceOf<HttpRequestException>(), "no server, no handshake");

        await host.ApplyAsync(host.Options with { Servers = [BoundaryHost.Server("docs", upstream.Url)] });

        Assert.That(await agent.GetStringAsync(BoundaryHost.UrlOf("docs")), Is.EqualTo("ok"));
    }

    [Test]
    public async Task F33_apply_with_files_that_are_not_good_changes_nothing()
    {
        await using var upstream = new RawUpstream(exchange => exchange.OkAsync());
        await using var host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", upstream.Url)]);
        using var agent = host.NewAgent(HttpVersion.Version11);

        var refused = Assert.ThrowsAsync<ConfigurationException>(() => host.ApplyAsync(host.Options with
        {
            Servers =
            [
                BoundaryHost.Server("docs", new Uri("http://127.0.0.1:1/mcp")),
                BoundaryHost.Server("a", new Uri("https://127.0.0.1:1/mcp")) with { UpstreamCaFile = "/nowhere/ca.pem" },
                BoundaryHost.Server("b", upstream.Url) with { Certificate = new CertificateOptions { CertificateFile = "/nowhere/b.pem", KeyFile = "/nowhere/b.key" } },
            ],
        }));

        Assert.That(
            (await refused)!.Errors.Select(error => error.ToString()),
            Is.EqualTo(new[]
            {
                "/nowhere/b.pem: /nowhere/b.pem does not exist. Make a server certificate with 'mcptunnel certs init' (or 'certs issue' where there is a CA already), or name its files under 'certificate'.",
                "/nowhere/ca.pem: /nowhere/ca.pem does not exist. Name a PEM file with CA certificates.",
            }));
        Assert.That(await agent.GetStringAsync(BoundaryHost.UrlOf("docs")), Is.EqualTo("ok"));
    }

    [Test]
    public async Task Stop_lets_calls_in_progress_end()
    {
        var release = new TaskCompletionSource();
        await using var upstream = new RawUpstream(async exchange =>
        {
            await exchange.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
            await release.Task;
            await exchange.WriteAsync("data: 2\n\n");
            exchange.Close();
        });
        await using var host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", upstream.Url)]);
        using var agent = host.NewAgent(HttpVersion.Version11);
        using var response = await agent.SendAsync(Get("docs"), HttpCompletionOption.ResponseHeadersRead);

        var stopping = host.StopAsync(CancellationToken.None);
        release.SetResult();

        Assert.That(await Eventually.ResultAsync(response.Content.ReadAsStringAsync()), Is.EqualTo("data: 1\n\ndata: 2\n\n"));
        await Eventually.EndAsync(stopping);
    }

    private static HttpRequestMessage Get(string server) =>
        new(HttpMethod.Get, BoundaryHost.UrlOf(server)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
}
