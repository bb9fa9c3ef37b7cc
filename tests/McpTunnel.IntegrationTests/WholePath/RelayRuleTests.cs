using System.Net;
using System.Text;
using McpTunnel.IntegrationTests.Client;
using McpTunnel.TestKit.Upstreams;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>What must arrive unchanged from agent to upstream and back, through edge, link and client, in both HTTP versions of an agent.</summary>
[TestFixture("1.1")]
[TestFixture("2.0")]
[CancelAfter(120_000)]
public sealed class RelayRuleTests(string version)
{
    private RelayPath _path = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _path = await RelayPath.StartAsync(version, AnswerOnceAsync);

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_path is not null)
        {
            await _path.DisposeAsync();
        }
    }

    [SetUp]
    public void Reset() => _path.Reset();

    [TestCase("{ \"b\":1.0e+02 ,\"a\":1,\"a\":2, \"n\":12345678901234567890.10,\r\n\t\"u\":\"\\u00e9\u00e9\\/\" } \n")]
    [TestCase("[{\"jsonrpc\":\"2.0\",\"method\":\"a\"},{\"jsonrpc\":\"2.0\",\"method\":\"b\"}]")]
    [TestCase("not JSON at all \u0000\u0001")]
    public async Task R2_bodies_are_byte_identical_both_ways(string text)
    {
        var body = Encoding.UTF8.GetBytes(text);

        using var response = await _path.SendAsync(_path.Post(new ByteArrayContent(body)));

        Assert.That(_path.Sent.Single().Body, Is.EqualTo(body));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(body));
    }

    [Test]
    public async Task R2_large_body_of_unknown_length_is_byte_identical_both_ways()
    {
        var body = new byte[3 * 1024 * 1024];
        new Random(7).NextBytes(body);
        using var request = _path.Post(new StreamContent(new MemoryStream(body)));
        request.Headers.TransferEncodingChunked = version == "1.1" ? true : null;

        using var response = await _path.SendAsync(request);
        var echoed = await response.Content.ReadAsByteArrayAsync();

        Assert.Multiple(() =>
        {
            Assert.That(_path.Sent.Single().Body.AsSpan().SequenceEqual(body), Is.True);
            Assert.That(echoed.AsSpan().SequenceEqual(body), Is.True);
        });
    }

    [TestCase(200, null)]
    [TestCase(202, null)]
    [TestCase(400, """{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"Unsupported protocol version"}}""")]
    [TestCase(401, """{"error":"invalid_token"}""")]
    [TestCase(403, """{"error":"insufficient_scope"}""")]
    [TestCase(404, """{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"}}""")]
    [TestCase(405, null)]
    [TestCase(406, """{"jsonrpc":"2.0","error":{"code":-32000,"message":"Not Acceptable"}}""")]
    [TestCase(413, """{"error":"too large"}""")]
    [TestCase(429, """{"error":"slow down"}""")]
    [TestCase(431, """{"error":"too many"}""")]
    [TestCase(500, """{"error":"mine"}""")]
    [TestCase(503, """{"error":"mine"}""")]
    public async Task R3_status_and_error_body_are_the_upstreams(int status, string? body)
    {
        _path.Upstream.Become(context =>
        {
            context.Response.Headers.Allow = "POST";
            context.Response.Headers.RetryAfter = "17";
            if (body is not null)
            {
                return Behaviour.Reply(status, "application/json; v=1", body)(context);
            }

            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        using var response = await _path.SendAsync(_path.Post());
        var received = await response.Content.ReadAsStringAsync();

        Assert.Multiple(() =>
        {
            Assert.That((int)response.StatusCode, Is.EqualTo(status));
            Assert.That(received, Is.EqualTo(body ?? ""));
            Assert.That(response.Content.Headers.ContentType?.ToString(), Is.EqualTo(body is null ? null : "application/json; v=1"));
            Assert.That(response.Content.Headers.Allow, Is.EqualTo(new[] { "POST" }));
            Assert.That(response.Headers.RetryAfter?.ToString(), Is.EqualTo("17"));
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
    public async Task R4_request_header_passes_unchanged(string name, string value)
    {
        using var request = _path.Post();
        request.Headers.TryAddWithoutValidation(name, value);

        using var response = await _path.SendAsync(request);

        Assert.That(_path.Sent.Single().Header(name), Is.EqualTo(new[] { value }));
    }

    [Test]
    public async Task R4_header_lines_of_the_upstream_stay_apart()
    {
        string[] challenges = ["Bearer realm=\"a\", scope=\"x y\"", "DPoP algs=\"ES256\"", "Basic realm=\"b\""];
        _path.Upstream.Become(context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = new(challenges);
            context.Response.Headers["DPoP-Nonce"] = "n1";
            context.Response.Headers["X-Unheard-Of"] = new(["1", "2"]);
            return Task.CompletedTask;
        });

        using var response = await _path.SendAsync(_path.Post());

        Assert.Multiple(() =>
        {
            Assert.That(response.Headers.NonValidated["WWW-Authenticate"].ToArray(), Is.EqualTo(challenges));
            Assert.That(response.Headers.GetValues("DPoP-Nonce"), Is.EqualTo(new[] { "n1" }));
            Assert.That(response.Headers.NonValidated["X-Unheard-Of"].ToArray(), Is.EqualTo(new[] { "1", "2" }));
        });
    }

    [Test]
    public async Task R5_accept_keeps_both_kinds_of_answer()
    {
        using var request = _path.Post();
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");

        using var response = await _path.SendAsync(request);

        Assert.That(_path.Sent.Single().Header("Accept"), Is.EqualTo(new[] { "application/json, text/event-stream" }));
    }

    [Test]
    public async Task R8_session_id_passes_both_ways_and_a_lost_session_is_the_upstreams_word()
    {
        _path.Upstream.Become(context =>
        {
            context.Response.Headers["Mcp-Session-Id"] = "s-1";
            context.Response.StatusCode = context.Request.Headers["Mcp-Session-Id"] == "unknown" ? 404 : 200;
            return Task.CompletedTask;
        });
        using var first = await _path.SendAsync(_path.Post());
        using var request = _path.Post();
        request.Headers.TryAddWithoutValidation("Mcp-Session-Id", "unknown");

        using var second = await _path.SendAsync(request);

        Assert.Multiple(() =>
        {
            Assert.That(first.Headers.GetValues("Mcp-Session-Id"), Is.EqualTo(new[] { "s-1" }));
            Assert.That(_path.Sent[1].Header("Mcp-Session-Id"), Is.EqualTo(new[] { "unknown" }));
            Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        });
    }

    [Test]
    public async Task R8_a_fault_behind_the_tunnel_is_never_a_404()
    {
        using var response = await _path.SendAsync(_path.Post(server: "down"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
        Assert.That(await Problem.CodeAsync(response), Is.EqualTo("upstream_unreachable"));
    }

    [TestCase("GET")]
    [TestCase("DELETE")]
    public async Task R9_GET_and_DELETE_pass_without_a_body(string method)
    {
        _path.Upstream.Become(Behaviour.Reply(200, "text/plain", "ok"));
        using var request = _path.Request(method);
        request.Headers.TryAddWithoutValidation("Mcp-Session-Id", "s-1");

        using var response = await _path.SendAsync(request);

        var sent = _path.Sent.Single();
        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That((sent.Method, sent.Target, sent.Body.Length), Is.EqualTo((method, "/mcp", 0)));
            Assert.That(sent.Header("Mcp-Session-Id"), Is.EqualTo(new[] { "s-1" }));
        });
    }

    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    [TestCase("nonsense")]
    [TestCase(null)]
    public async Task R12_protocol_version_is_neither_added_nor_changed_nor_dropped(string? value)
    {
        using var request = _path.Post();
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", value);
        }

        using var response = await _path.SendAsync(request);

        Assert.Multiple(() =>
        {
            Assert.That(_path.Sent.Single().Header("MCP-Protocol-Version"), Is.EqualTo(value is null ? [] : new[] { value }));
            Assert.That(response.Headers.Contains("MCP-Protocol-Version"), Is.False);
        });
    }

    [Test]
    public async Task R16_POST_that_the_upstream_drops_is_sent_once()
    {
        const string Body = """{"id":"only-once"}""";
        using var first = await _path.SendAsync(_path.Post(server: "raw"));
        Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.OK), "leaves a connection that is used again");

        using var second = await _path.SendAsync(_path.Post(Body, "raw"));

        Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
        Assert.That(_path.Raw.Requests.Count(request => request.Contains(Body, StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [TestCase("docs", 200)]
    [TestCase("wiki", 421)]
    [TestCase("nobody", 421)]
    public async Task R23_host_must_be_the_name_of_the_handshake(string host, int status)
    {
        await using var tls = await _path.OpenAsync("docs");

        Assert.That(await StatusAsync(tls, _path.AuthorityOf(host)), Is.EqualTo(status));
        Assert.That(_path.Sent, Has.Count.EqualTo(status == 200 ? 1 : 0));
    }

    [TestCase(null, 200)]
    [TestCase("https://app.example.com", 200)]
    [TestCase("https://evil.example", 403)]
    [TestCase("null", 403)]
    public async Task R23_origin_must_be_absent_or_allowed(string? origin, int status)
    {
        using var request = _path.Post(server: "wiki");
        if (origin is not null)
        {
            request.Headers.TryAddWithoutValidation("Origin", origin);
        }

        using var response = await _path.SendAsync(request);

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(_path.Sent, Has.Count.EqualTo(status == 200 ? 1 : 0));
    }

    [Test]
    public async Task R25_forwarding_headers_are_ours_alone()
    {
        using var request = _path.Post();
        foreach (var name in new[] { "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "Forwarded", "X-Real-IP" })
        {
            request.Headers.TryAddWithoutValidation(name, "forged");
        }

        using var response = await _path.SendAsync(request);

        var sent = _path.Sent.Single();
        Assert.Multiple(() =>
        {
            Assert.That(sent.Header("X-Forwarded-For"), Is.EqualTo(new[] { "127.0.0.1" }), "the agent's address as the edge saw it");
            Assert.That(sent.Header("X-Forwarded-Proto"), Is.EqualTo(new[] { "https" }));
            Assert.That(sent.Header("X-Forwarded-Host"), Is.EqualTo(new[] { _path.AuthorityOf("docs") }));
            Assert.That(sent.Headers.Where(header => header.Value.Contains("forged", StringComparison.Ordinal)), Is.Empty);
        });
    }

    /// <summary>The first request of a connection is answered; the next one meets a close without an answer.</summary>
    private static Task AnswerOnceAsync(RawUpstream.Exchange exchange)
    {
        if (exchange.Request == 1 && !exchange.Text.Contains("only-once", StringComparison.Ordinal))
        {
            return exchange.OkAsync();
        }

        exchange.Close();
        return Task.CompletedTask;
    }

    private async Task<int> StatusAsync(Stream connection, string authority)
    {
        if (version == "2.0")
        {
            await RawHttp2.BeginAsync(connection);
            return await RawHttp2.GetAsync(connection, 1, authority, "/mcp");
        }

        await connection.WriteAsync(Encoding.ASCII.GetBytes($"GET /mcp HTTP/1.1\r\nHost: {authority}\r\n\r\n"));
        var head = await RelayPath.ReadAsync(connection, "HTTP/1.1 200".Length);
        return int.Parse(head[^3..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
