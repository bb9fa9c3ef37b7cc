using System.Net;
using McpTunnel.Client.Configuration;
using McpTunnel.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>Upstreams that speak HTTP/2 with prior knowledge.</summary>
public sealed class Http2UpstreamTests
{
    [TestCase("1.1")]
    [TestCase("2.0")]
    public async Task Calls_and_trailers_pass(string agentVersion)
    {
        var aborted = new TaskCompletionSource();
        await using var upstream = await StartAsync(async context =>
        {
            if (context.Request.Method == "GET")
            {
                context.RequestAborted.Register(() => aborted.TrySetResult());
                await context.Response.WriteAsync(": hello\n\n");
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            }

            context.Response.Headers["X-Protocol"] = context.Request.Protocol;
            await context.Request.Body.CopyToAsync(context.Response.Body);
            context.Response.AppendTrailer("X-Checksum", "abc");
        });
        var server = BoundaryHost.Server("docs", new Uri(upstream.Urls.First() + "/mcp")) with { UpstreamProtocol = UpstreamProtocol.Http2 };
        await using var host = await BoundaryHost.StartAsync([server]);
        using var agent = host.NewAgent(Version.Parse(agentVersion));

        using var response = await agent.PostAsync(BoundaryHost.UrlOf("docs"), new StringContent("{\"id\":1}"));
        var body = await response.Content.ReadAsStringAsync();
        var stream = await agent.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, BoundaryHost.UrlOf("docs")) { Version = Version.Parse(agentVersion) }, HttpCompletionOption.ResponseHeadersRead);
        stream.Dispose();

        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Headers.GetValues("X-Protocol"), Is.EqualTo(new[] { "HTTP/2" }));
            Assert.That(body, Is.EqualTo("{\"id\":1}"));
            Assert.That(response.TrailingHeaders.Count(), Is.EqualTo(agentVersion == "2.0" ? 1 : 0), "Kestrel sends trailers in HTTP/2 alone");
        });
        await Eventually.EndAsync(aborted.Task);
    }

    [Test]
    public async Task Upstream_that_answers_without_reading_the_whole_request_may_do_so()
    {
        await using var upstream = await StartAsync(context => context.Response.WriteAsync("ok"));
        var server = BoundaryHost.Server("docs", new Uri(upstream.Urls.First() + "/mcp")) with { UpstreamProtocol = UpstreamProtocol.Http2 };
        await using var host = await BoundaryHost.StartAsync([server]);
        using var agent = host.NewAgent(HttpVersion.Version20);
        var answered = new TaskCompletionSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, BoundaryHost.UrlOf("docs"))
        {
            Content = new UnfinishedContent(answered.Task),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = await Eventually.ResultAsync(agent.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        await using var body = await response.Content.ReadAsStreamAsync();
        await Eventually.EndAsync(body.ReadExactlyAsync(new byte[2]).AsTask());
        answered.SetResult();
        await Eventually.ThatAsync(() => host.Logs.Of(2100).Count > 0, "the call is logged");

        Assert.That(host.Logs.Of(2100).Single(), Does.StartWith("docs POST /mcp 200 -:"));
    }

    private static async Task<WebApplication> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }

    /// <summary>A body that begins, and goes on when it is told to.</summary>
    private sealed class UnfinishedContent(Task goOn) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("{"u8.ToArray());
            await stream.FlushAsync();
            await goOn;
            await stream.WriteAsync("}"u8.ToArray());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
