using System.Net;
using System.Net.Http.Headers;
using System.Text;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>What the relay must not change of a call: methods, targets, bodies, statuses. In both protocol versions an agent may speak.</summary>
[TestFixture("1.1")]
[TestFixture("2.0")]
public sealed class RelayTests(string version) : RelayFixture(version)
{
    [Test]
    public async Task R2_bodies_are_byte_identical_both_ways()
    {
        var body = Encoding.UTF8.GetBytes("{ \"b\":1.0e+02 ,\"a\":1,\"a\":2, \"n\":12345678901234567890.10,\r\n\t\"u\":\"\\u00e9é\\/\" } \n");

        using var response = await SendAsync(Post(new ByteArrayContent(body)));

        Assert.Multiple(() =>
        {
            Assert.That(Upstream.Requests.Single().Body, Is.EqualTo(body));
            Assert.That(Upstream.Requests.Single().Header("Content-Length"), Is.EqualTo(new[] { body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture) }));
        });
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(body));
    }

    [Test]
    public async Task R2_large_body_of_unknown_length_is_byte_identical_both_ways()
    {
        var body = new byte[3 * 1024 * 1024];
        new Random(7).NextBytes(body);
        using var request = Post(new StreamContent(new MemoryStream(body)));
        request.Headers.TransferEncodingChunked = IsHttp1 ? true : null;

        using var response = await SendAsync(request);
        var echoed = await response.Content.ReadAsByteArrayAsync();

        Assert.That(echoed.AsSpan().SequenceEqual(body), Is.True);
    }

    [TestCase(200, null)]
    [TestCase(202, null)]
    [TestCase(204, null)]
    [TestCase(301, null)]
    [TestCase(400, """{"jsonrpc":"2.0","error":{"code":-32022,"message":"x"}}""")]
    [TestCase(401, """{"error":"no"}""")]
    [TestCase(403, """{"error":"no"}""")]
    [TestCase(404, """{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"}}""")]
    [TestCase(405, null)]
    [TestCase(406, """{"error":"no"}""")]
    [TestCase(413, """{"error":"no"}""")]
    [TestCase(429, """{"error":"no"}""")]
    [TestCase(431, """{"error":"no"}""")]
    [TestCase(500, """{"error":"no"}""")]
    [TestCase(503, """{"error":"no"}""")]
    public async Task R3_status_and_error_body_are_the_upstreams(int status, string? body)
    {
        Upstream.Become(context =>
        {
            context.Response.Headers.Location = "/elsewhere";
            context.Response.Headers.Allow = "POST";
            context.Response.Headers.RetryAfter = "17";
            if (body is not null)
            {
                return Behaviour.Reply(status, "application/vnd.odd+json; v=1", body)(context);
            }

            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        using var response = await SendAsync(Post(new StringContent("{}")));
        var received = await response.Content.ReadAsStringAsync();

        Assert.Multiple(() =>
        {
            Assert.That((int)response.StatusCode, Is.EqualTo(status));
            Assert.That(received, Is.EqualTo(body ?? ""));
            Assert.That(response.Content.Headers.ContentType?.ToString(), Is.EqualTo(body is null ? null : "application/vnd.odd+json; v=1"));
            Assert.That(response.Content.Headers.Allow, Is.EqualTo(new[] { "POST" }));
            Assert.That(response.Headers.RetryAfter?.ToString(), Is.EqualTo("17"));
            Assert.That(response.Headers.Location?.OriginalString, Is.EqualTo("/elsewhere"));
        });
    }

    [Test]
    public async Task R8_session_id_passes_both_ways_and_a_lost_session_is_the_upstreams_word()
    {
        Upstream.Become(context =>
        {
            context.Response.Headers["Mcp-Session-Id"] = "s-1";
            context.Response.StatusCode = context.Request.Headers["Mcp-Session-Id"] == "unknown" ? 404 : 200;
            return Task.CompletedTask;
        });
        using var first = await SendAsync(Post(new StringContent("{}")));
        using var request = Post(new StringContent("{}"));
        request.Headers.TryAddWithoutValidation("Mcp-Session-Id", "unknown");

        using var second = await SendAsync(request);

        Assert.Multiple(() =>
        {
            Assert.That(first.Headers.GetValues("Mcp-Session-Id"), Is.EqualTo(new[] { "s-1" }));
            Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(Upstream.Requests[1].Header("Mcp-Session-Id"), Is.EqualTo(new[] { "unknown" }));
        });
    }

    [Test]
    public async Task R8_a_tunnel_fault_is_never_a_404()
    {
        await Upstream.DisposeAsync();

        using var response = await SendAsync(Post(new StringContent("{}")));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
        Assert.That(await Problem.CodeAsync(response), Is.EqualTo("upstream_unreachable"));
    }

    [TestCase("GET")]
    [TestCase("DELETE")]
    [TestCase("OPTIONS")]
    [TestCase("PUT")]
    public async Task R9_method_passes_without_a_body(string method)
    {
        Upstream.Become(Behaviour.Reply(200, "text/plain", "ok"));
        using var request = new HttpRequestMessage(new HttpMethod(method), BoundaryHost.UrlOf("docs"));

        using var response = await SendAsync(request);

        var sent = Upstream.Requests.Single();
        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(sent.Method, Is.EqualTo(method));
            Assert.That(sent.Body, Is.Empty);
            Assert.That(sent.Header("Transfer-Encoding"), Is.Empty);
        });
    }

    [Test]
    public async Task R10_stream_fields_pass_and_nothing_is_replayed()
    {
        Upstream.Become(Behaviour.ByteByByte("id: 41\nretry: 500\ndata:\n\n"));
        using var request = new HttpRequestMessage(HttpMethod.Get, BoundaryHost.UrlOf("docs"));
        request.Headers.TryAddWithoutValidation("Last-Event-ID", "40");

        using var response = await SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Multiple(() =>
        {
            Assert.That(body, Is.EqualTo("id: 41\nretry: 500\ndata:\n\n"));
            Assert.That(Upstream.Requests, Has.Count.EqualTo(1));
            Assert.That(Upstream.Requests[0].Header("Last-Event-ID"), Is.EqualTo(new[] { "40" }));
        });
    }

    [Test]
    public async Task Query_passes_as_it_was_written()
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri("https://docs.acme.tunnel.test/mcp/a%20b;v=1?x=%2F..%2f&y=a+b&z=%7e", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));

        using var response = await SendAsync(request);

        Assert.That(Upstream.Requests.Single().Target, Is.EqualTo("/mcp/a%20b;v=1?x=%2F..%2f&y=a+b&z=%7e"));
    }

    [Test]
    public async Task Access_log_has_one_line_a_call_without_query_headers_and_body()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, BoundaryHost.UrlOf("docs", "/mcp?secret-query=1"))
        {
            Content = new StringContent("{\"secret-argument\":1}"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "secret-token");
        request.Headers.TryAddWithoutValidation("Mcp-Session-Id", "secret-session");

        using var response = await SendAsync(request);
        await response.Content.ReadAsStringAsync();
        await Eventually.ThatAsync(() => Host.Logs.Of(2100).Count > 0, "the call is logged");

        var line = Host.Logs.Of(2100).Single();
        Assert.Multiple(() =>
        {
            Assert.That(line, Does.StartWith("docs POST /mcp 200 -: caller Anonymous"));
            Assert.That(line, Does.Contain("21 bytes in, 21 bytes out").And.Contain("closed by Upstream").And.Contain("connection con_test over node-1"));
            Assert.That(Host.Logs.Lines.Where(entry => entry.Text.Contains("secret", StringComparison.Ordinal)), Is.Empty);
        });
    }
}
