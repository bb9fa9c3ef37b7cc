using System.Net;
using System.Net.Http.Headers;
using System.Text;
using McpTunnel.Client.Configuration;
using McpTunnel.Configuration.Values;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>What the relay must not change, in both protocol versions an agent may speak.</summary>
[TestFixture("1.1")]
[TestFixture("2.0")]
public sealed class RelayTests(string version)
{
    private ScriptedUpstream _upstream = null!;
    private BoundaryHost _host = null!;
    private HttpClient _agent = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _upstream = await ScriptedUpstream.StartAsync(Behaviour.EchoBody);
        _host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", _upstream.Url)]);
        _agent = _host.NewAgent(Version.Parse(version));
    }

    [TearDown]
    public async Task StopAsync()
    {
        _agent.Dispose();
        await _host.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Test]
    public async Task R2_bodies_are_byte_identical_both_ways()
    {
        var body = Encoding.UTF8.GetBytes("{ \"b\":1.0e+02 ,\"a\":1,\"a\":2, \"n\":12345678901234567890.10,\r\n\t\"u\":\"\\u00e9é\\/\" } \n");

        using var response = await SendAsync(Post(new ByteArrayContent(body)));

        Assert.Multiple(() =>
        {
            Assert.That(_upstream.Requests.Single().Body, Is.EqualTo(body));
            Assert.That(_upstream.Requests.Single().Header("Content-Length"), Is.EqualTo(new[] { body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture) }));
        });
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(body));
    }

    [Test]
    public async Task R2_large_body_of_unknown_length_is_byte_identical_both_ways()
    {
        var body = new byte[3 * 1024 * 1024];
        new Random(7).NextBytes(body);
        using var request = Post(new StreamContent(new MemoryStream(body)));
        request.Headers.TransferEncodingChunked = version == "1.1" ? true : null;

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
        _upstream.Become(context =>
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

    [TestCase("Mcp-Session-Id", "8f6d-11 with=odd;chars")]
    [TestCase("Mcp-Method", "tools/call")]
    [TestCase("Mcp-Name", "=?base64?w6k=?=")]
    [TestCase("Mcp-Param-Region", "eu, west")]
    [TestCase("Last-Event-ID", "abc/42")]
    [TestCase("DPoP", "eyJ.eyJ.sig")]
    [TestCase("X-Unheard-Of", "1")]
    [TestCase("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [TestCase("Accept-Language", "de;q=0.5, en")]
    [TestCase("Upgrade-Insecure-Requests", "1")]
    [TestCase("Cookie", "a=1; b=2")]
    [TestCase("If-None-Match", "\"x\"")]
    public async Task R4_request_header_passes_unchanged(string name, string value)
    {
        using var request = Post(new StringContent("{}"));
        request.Headers.TryAddWithoutValidation(name, value);

        using var response = await SendAsync(request);

        Assert.That(_upstream.Requests.Single().Header(name), Is.EqualTo(new[] { value }));
    }

    [Test]
    public async Task R4_header_values_beyond_ASCII_pass_byte_for_byte()
    {
        using var request = Post(new StringContent("{}"));
        request.Headers.TryAddWithoutValidation("Mcp-Name", "déjà");

        using var response = await SendAsync(request);

        // The agent wrote UTF-8 and the upstream reads UTF-8.
        Assert.That(_upstream.Requests.Single().Header("Mcp-Name"), Is.EqualTo(new[] { "déjà" }));
    }

    [Test]
    public async Task R4_only_hop_by_hop_headers_stay_behind()
    {
        _upstream.Become(context =>
        {
            context.Response.Headers.Connection = "X-Hop";
            context.Response.Headers["X-Hop"] = "1";
            context.Response.Headers["Keep-Alive"] = "timeout=5";
            context.Response.Headers["Strict-Transport-Security"] = "max-age=1";
            context.Response.Headers["X-Kept"] = "1";
            return Task.CompletedTask;
        });
        using var request = Post(new StringContent("{}"));
        if (version == "1.1")
        {
            request.Headers.TryAddWithoutValidation("Connection", "X-Hop");
        }

        request.Headers.TryAddWithoutValidation("X-Hop", "1");
        request.Headers.TryAddWithoutValidation("Proxy-Authorization", "Basic eDp5");

        using var response = await SendAsync(request);

        var sent = _upstream.Requests.Single();
        Assert.Multiple(() =>
        {
            Assert.That(sent.Header("X-Hop"), version == "1.1" ? Is.Empty : Is.EqualTo(new[] { "1" }));
            Assert.That(sent.Header("Proxy-Authorization"), Is.Empty);
            Assert.That(response.Headers.Contains("X-Hop"), Is.False);
            Assert.That(response.Headers.Contains("Keep-Alive"), Is.False);
            Assert.That(response.Headers.Contains("X-Kept"), Is.True);
            Assert.That(response.Headers.Contains("Strict-Transport-Security"), Is.True);
        });
    }

    [Test]
    public async Task R4_challenge_lines_of_the_upstream_stay_apart()
    {
        _upstream.Become(context =>
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = new(["Bearer realm=\"a\", scope=\"x y\"", "DPoP algs=\"ES256\"", "Basic realm=\"b\""]);
            context.Response.Headers["DPoP-Nonce"] = "n1";
            context.Response.Headers.SetCookie = new(["a=1; Path=/", "b=2"]);
            return Task.CompletedTask;
        });

        using var response = await SendAsync(Post(new StringContent("{}")));

        Assert.Multiple(() =>
        {
            Assert.That(
                response.Headers.NonValidated["WWW-Authenticate"].ToArray(), Is.EqualTo(new[] { "Bearer realm=\"a\", scope=\"x y\"", "DPoP algs=\"ES256\"", "Basic realm=\"b\"" }));
            Assert.That(response.Headers.NonValidated["Set-Cookie"].ToArray(), Is.EqualTo(new[] { "a=1; Path=/", "b=2" }));
            Assert.That(response.Headers.GetValues("DPoP-Nonce"), Is.EqualTo(new[] { "n1" }));
        });
    }

    [Test]
    public async Task R5_accept_keeps_both_kinds_of_answer()
    {
        using var request = Post(new StringContent("{}"));
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");

        using var response = await SendAsync(request);

        Assert.That(_upstream.Requests.Single().Header("Accept"), Is.EqualTo(new[] { "application/json, text/event-stream" }));
    }

    [Test]
    public async Task R8_session_id_passes_both_ways_and_a_lost_session_is_the_upstreams_word()
    {
        _upstream.Become(context =>
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
            Assert.That(_upstream.Requests[1].Header("Mcp-Session-Id"), Is.EqualTo(new[] { "unknown" }));
        });
    }

    [Test]
    public async Task R8_a_tunnel_fault_is_never_a_404()
    {
        await _upstream.DisposeAsync();

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
        _upstream.Become(Behaviour.Reply(200, "text/plain", "ok"));
        using var request = new HttpRequestMessage(new HttpMethod(method), BoundaryHost.UrlOf("docs"));

        using var response = await SendAsync(request);

        var sent = _upstream.Requests.Single();
        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(sent.Method, Is.EqualTo(method));
            Assert.That(sent.Body, Is.Empty);
            Assert.That(sent.Header("Transfer-Encoding"), Is.Empty);
        });
    }

    [TestCase("POST")]
    [TestCase("GET")]
    public async Task Headers_about_a_body_pass_without_one(string method)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), BoundaryHost.UrlOf("docs")) { Content = new ByteArrayContent([]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentLanguage.Add("de");

        using var response = await SendAsync(request);

        var sent = _upstream.Requests.Single();
        Assert.Multiple(() =>
        {
            Assert.That(sent.Header("Content-Type"), Is.EqualTo(new[] { "application/json" }));
            Assert.That(sent.Header("Content-Language"), Is.EqualTo(new[] { "de" }));
            Assert.That(sent.Body, Is.Empty);
        });
    }

    [Test]
    public async Task R10_stream_fields_pass_and_nothing_is_replayed()
    {
        _upstream.Become(Behaviour.ByteByByte("id: 41\nretry: 500\ndata:\n\n"));
        using var request = new HttpRequestMessage(HttpMethod.Get, BoundaryHost.UrlOf("docs"));
        request.Headers.TryAddWithoutValidation("Last-Event-ID", "40");

        using var response = await SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Multiple(() =>
        {
            Assert.That(body, Is.EqualTo("id: 41\nretry: 500\ndata:\n\n"));
            Assert.That(_upstream.Requests, Has.Count.EqualTo(1));
            Assert.That(_upstream.Requests[0].Header("Last-Event-ID"), Is.EqualTo(new[] { "40" }));
        });
    }

    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    [TestCase("nonsense")]
    [TestCase(null)]
    public async Task R12_protocol_version_is_neither_added_nor_changed_nor_dropped(string? value)
    {
        using var request = Post(new StringContent("{}"));
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", value);
        }

        using var response = await SendAsync(request);

        Assert.Multiple(() =>
        {
            Assert.That(_upstream.Requests.Single().Header("MCP-Protocol-Version"), Is.EqualTo(value is null ? [] : new[] { value }));
            Assert.That(response.Headers.Contains("MCP-Protocol-Version"), Is.False);
        });
    }

    [Test]
    public async Task R25_forwarding_headers_are_ours_alone()
    {
        using var request = Post(new StringContent("{}"));
        foreach (var name in new[] { "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Anything", "Forwarded", "X-Real-IP", "True-Client-IP", "X-Original-URL" })
        {
            request.Headers.TryAddWithoutValidation(name, "forged");
        }

        using var response = await SendAsync(request);

        var sent = _upstream.Requests.Single();
        Assert.Multiple(() =>
        {
            Assert.That(sent.Header("X-Forwarded-For"), Is.EqualTo(new[] { "203.0.113.7" }));
            Assert.That(sent.Header("X-Forwarded-Proto"), Is.EqualTo(new[] { "https" }));
            Assert.That(sent.Header("X-Forwarded-Host"), Is.EqualTo(new[] { "docs.acme.tunnel.test" }));
            Assert.That(sent.Header("Host"), Is.EqualTo(new[] { _upstream.Url.Authority }));
            Assert.That(sent.Headers.Where(header => header.Value.Contains("forged", StringComparison.Ordinal)), Is.Empty);
        });
    }

    [Test]
    public async Task R25_public_host_goes_upstream_where_the_server_wants_it()
    {
        await _host.ApplyAsync(_host.Options with { Servers = [_host.Options.Servers[0] with { PreserveHost = true }] });

        using var response = await SendAsync(Post(new StringContent("{}")));

        Assert.That(_upstream.Requests.Single().Header("Host"), Is.EqualTo(new[] { "docs.acme.tunnel.test" }));
    }

    [Test]
    public async Task Query_passes_as_it_was_written()
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri("https://docs.acme.tunnel.test/mcp/a%20b;v=1?x=%2F..%2f&y=a+b&z=%7e", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));

        using var response = await SendAsync(request);

        Assert.That(_upstream.Requests.Single().Target, Is.EqualTo("/mcp/a%20b;v=1?x=%2F..%2f&y=a+b&z=%7e"));
    }

    [Test]
    public async Task R7_body_at_the_limit_passes_and_one_more_byte_is_413()
    {
        await _host.ApplyAsync(_host.Options with { Servers = [_host.Options.Servers[0] with { MaxRequestBody = ByteSize.KiB(1) }] });

        using var atLimit = await SendAsync(Post(new ByteArrayContent(new byte[1024])));
        using var above = await SendAsync(Post(new ByteArrayContent(new byte[1025])));

        Assert.Multiple(() =>
        {
            Assert.That(atLimit.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(above.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
            Assert.That(_upstream.Requests, Has.Count.EqualTo(1));
        });
        Assert.That(await Problem.CodeAsync(above), Is.EqualTo("request_body_too_large"));
    }

    [TestCase("application/json")]
    [TestCase("application/grpc")]
    public async Task R7_body_of_unknown_length_is_cut_at_the_limit(string contentType)
    {
        await _host.ApplyAsync(_host.Options with { Servers = [_host.Options.Servers[0] with { MaxRequestBody = ByteSize.KiB(1) }] });
        using var request = Post(new StreamContent(new MemoryStream(new byte[200_000])));
        request.Content!.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        request.Headers.TransferEncodingChunked = version == "1.1" ? true : null;
        if (version == "2.0")
        {
            request.Content.Headers.ContentLength = null;
            request.Content = new ChunkedContent(200_000, contentType);
        }

        using var response = await SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That(await Problem.CodeAsync(response), Is.EqualTo("request_body_too_large"));
        Assert.That(_upstream.Requests.All(sent => sent.Body.Length <= 1024), Is.True);
    }

    [Test]
    public async Task R7_headers_above_the_limit_are_431()
    {
        using var request = Post(new StringContent("{}"));
        for (var i = 0; i <= new LimitsOptions().MaxRequestHeaders; i++)
        {
            request.Headers.TryAddWithoutValidation($"Mcp-Param-{i}", "1");
        }

        int? status;
        try
        {
            using var response = await SendAsync(request);
            status = (int)response.StatusCode;
        }
        catch (HttpRequestException) when (version == "2.0")
        {
            // HTTP/2 may end the stream before the answer is read.
            status = null;
        }

        Assert.That(status, version == "1.1" ? Is.EqualTo(431) : Is.EqualTo(431).Or.Null);
        Assert.That(_upstream.Requests, Is.Empty);
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
        await Eventually.ThatAsync(() => _host.Logs.Of(2100).Count > 0, "the call is logged");

        var line = _host.Logs.Of(2100).Single();
        Assert.Multiple(() =>
        {
            Assert.That(line, Does.StartWith("docs POST /mcp 200 -: caller Anonymous"));
            Assert.That(line, Does.Contain("21 bytes in, 21 bytes out").And.Contain("closed by Upstream").And.Contain("connection con_test over node-1"));
            Assert.That(_host.Logs.Lines.Where(entry => entry.Text.Contains("secret", StringComparison.Ordinal)), Is.Empty);
        });
    }

    private static HttpRequestMessage Post(HttpContent content) => new(HttpMethod.Post, BoundaryHost.UrlOf("docs")) { Content = content };

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        request.Version = Version.Parse(version);
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return Eventually.ResultAsync(_agent.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
    }

    private sealed class ChunkedContent : HttpContent
    {
        private readonly int _length;

        public ChunkedContent(int length, string contentType)
        {
            _length = length;
            Headers.ContentType = new MediaTypeHeaderValue(contentType);
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context) => await stream.WriteAsync(new byte[_length]);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
