using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>Which requests are for a server here, and which are not (R23, F38).</summary>
public sealed class RoutingTests
{
    private ScriptedUpstream _upstream = null!;
    private BoundaryHost _host = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _upstream = await ScriptedUpstream.StartAsync(Behaviour.Reply(200, "text/plain", "ok"));
        _host = await BoundaryHost.StartAsync(
        [
            BoundaryHost.Server("docs", _upstream.Url) with { AllowedOrigins = ["https://app.example.com"] },
            BoundaryHost.Server("wiki", _upstream.Url) with { Paths = ["/sse", "/messages"] },
        ]);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _host.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [TestCase("docs.acme.tunnel.test", 200)]
    [TestCase("DOCS.acme.Tunnel.test", 200)]
    [TestCase("docs.acme.tunnel.test.", 200)]
    [TestCase("docs.acme.tunnel.test:443", 200)]
    [TestCase("docs.acme.tunnel.test:8443", 200)]
    [TestCase("wiki.acme.tunnel.test", 421)]
    [TestCase("other.acme.tunnel.test", 421)]
    [TestCase("acme.tunnel.test", 421)]
    [TestCase("localhost", 421)]
    [TestCase("127.0.0.1", 421)]
    [TestCase("[::1]:443", 421)]
    [TestCase("docs.acme.tunnel.test.evil.example", 421)]
    public async Task R23_host_must_be_the_name_of_the_handshake(string host, int status)
    {
        Assert.That(await StatusAsync($"GET /mcp HTTP/1.1\r\nHost: {host}\r\n"), Is.EqualTo(status));
        Assert.That(_upstream.Requests, Has.Count.EqualTo(status == 200 ? 1 : 0));
    }

    [Test]
    public async Task R23_two_host_lines_are_refused()
    {
        Assert.That(await StatusAsync("GET /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\nHost: wiki.acme.tunnel.test\r\n"), Is.EqualTo(400));
    }

    [Test]
    public async Task R23_name_by_which_the_edge_routed_must_agree_too()
    {
        _host.EdgeSays = "wiki.acme.tunnel.test";

        Assert.That(await StatusAsync("GET /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\n"), Is.EqualTo(421));
    }

    [Test]
    public async Task R23_name_of_the_handshake_must_agree_whatever_the_edge_says()
    {
        _host.EdgeSays = "wiki.acme.tunnel.test";

        Assert.That(await StatusAsync("GET /sse HTTP/1.1\r\nHost: wiki.acme.tunnel.test\r\n"), Is.EqualTo(421));
        Assert.That(_upstream.Requests, Is.Empty);
    }

    [Test]
    public async Task R23_one_HTTP2_connection_does_not_reach_another_server()
    {
        await using var connection = await _host.OpenAsync(BoundaryHost.HostOf("docs"), SslApplicationProtocol.Http2);
        await RawHttp2.BeginAsync(connection);

        Assert.Multiple(async () =>
        {
            Assert.That(await RawHttp2.GetAsync(connection, 1, "docs.acme.tunnel.test", "/mcp"), Is.EqualTo(200));
            Assert.That(await RawHttp2.GetAsync(connection, 3, "wiki.acme.tunnel.test", "/sse"), Is.EqualTo(421));
            Assert.That(await RawHttp2.GetAsync(connection, 5, "docs.acme.tunnel.test", "/mcp"), Is.EqualTo(200), "the connection stays good");
        });
    }

    [TestCase(31, true)]
    [TestCase(32, false)]
    public async Task Connection_of_a_stranger_gets_so_many_refusals_and_no_more(int refusals, bool goesOn)
    {
        await using var connection = await _host.OpenAsync(BoundaryHost.HostOf("docs"), SslApplicationProtocol.Http11);
        for (var i = 0; i < refusals + 1; i++)
        {
            var path = i < refusals ? "/private" : "/mcp";
            await connection.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\n\r\n"));
        }

        await connection.WriteAsync("GET /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\nConnection: close\r\n\r\n"u8.ToArray());
        var answers = await Eventually.ResultAsync(new StreamReader(connection, Encoding.Latin1).ReadToEndAsync());

        Assert.That(answers.Split("HTTP/1.1 404 ").Length - 1, Is.EqualTo(refusals));
        Assert.That(answers.Split("HTTP/1.1 200 ").Length - 1, Is.EqualTo(goesOn ? 2 : 0));
    }

    [Test]
    public void Handshake_for_a_name_that_is_not_served_fails()
    {
        Assert.That(async () => await _host.OpenAsync("other.acme.tunnel.test"), Throws.InstanceOf<AuthenticationException>().Or.InstanceOf<IOException>());
    }

    [TestCase(null, 200)]
    [TestCase("https://app.example.com", 200)]
    [TestCase("https://app.example.com:8443", 403)]
    [TestCase("http://app.example.com", 403)]
    [TestCase("https://evil.example", 403)]
    [TestCase("https://docs.acme.tunnel.test", 403)]
    [TestCase("null", 403)]
    [TestCase("", 403)]
    public async Task R23_origin_must_be_absent_or_allowed(string? origin, int status)
    {
        var line = origin is null ? "" : $"Origin: {origin}\r\n";

        Assert.That(await StatusAsync($"POST /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\nContent-Length: 0\r\n{line}"), Is.EqualTo(status));
    }

    [TestCase("/mcp", 200)]
    [TestCase("/mcp/", 200)]
    [TestCase("/mcp/below", 200)]
    [TestCase("/mcp?x=1", 200)]
    [TestCase("https://docs.acme.tunnel.test/mcp", 200)]
    [TestCase("/", 404)]
    [TestCase("/mcpx", 404)]
    [TestCase("/MCP", 404)]
    [TestCase("/admin", 404)]
    [TestCase("/%6dcp", 404)]
    [TestCase("/mcp/../admin", 400)]
    [TestCase("/mcp/..", 400)]
    [TestCase("/mcp/./x", 400)]
    [TestCase("/mcp/..;/admin", 400)]
    [TestCase("//mcp", 400)]
    [TestCase("/mcp//admin", 400)]
    [TestCase("/mcp/%2e%2e/admin", 400)]
    [TestCase("/mcp/%2E./admin", 400)]
    [TestCase("/mcp%2fadmin", 400)]
    [TestCase("/mcp/%5c..%5cadmin", 400)]
    [TestCase("/mcp\\..\\admin", 400)]
    [TestCase("/mcp/%252e%252e/admin", 400)]
    [TestCase("/mcp/%00", 400)]
    [TestCase("/mcp/%zz", 400)]
    [TestCase("/mcp/%2", 400)]
    [TestCase("/mcp#x", 400)]
    [TestCase("https://wiki.acme.tunnel.test/sse", 400)]
    [TestCase("http://docs.acme.tunnel.test/mcp", 400)]
    [TestCase("*", 405)]
    public async Task F38_target_is_judged_as_it_is_sent(string target, int status)
    {
        Assert.That(await StatusAsync($"GET {target} HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\n"), Is.EqualTo(status));
        Assert.That(
            _upstream.Requests.Select(request => request.Target),
            status == 200 ? Is.EqualTo(new[] { target.Replace("https://docs.acme.tunnel.test", "") }) : Is.Empty);
    }

    [TestCase("/sse", 200)]
    [TestCase("/messages?sessionId=1", 200)]
    [TestCase("/mcp", 404)]
    public async Task Paths_widen_and_narrow_what_is_exposed(string target, int status)
    {
        Assert.That(await StatusAsync($"GET {target} HTTP/1.1\r\nHost: wiki.acme.tunnel.test\r\n", "wiki"), Is.EqualTo(status));
    }

    [TestCase("CONNECT docs.acme.tunnel.test:443 HTTP/1.1")]
    [TestCase("TRACE /mcp HTTP/1.1")]
    [TestCase("CONNECT /mcp HTTP/1.1")]
    [TestCase("pOsT /mcp HTTP/1.1")]
    [TestCase("get /mcp HTTP/1.1")]
    [TestCase("query /mcp HTTP/1.1")]
    public async Task F38_methods_that_leave_the_path_of_a_call_or_that_two_readers_know_differently_are_refused(string line)
    {
        var host = line.Contains(":443", StringComparison.Ordinal) ? "docs.acme.tunnel.test:443" : "docs.acme.tunnel.test";

        Assert.That(await StatusAsync($"{line}\r\nHost: {host}\r\n"), Is.EqualTo(400));
        Assert.That(_upstream.Requests, Is.Empty);
    }

    [Test]
    public async Task Upgrade_is_an_ordinary_request_to_the_upstream()
    {
        Assert.That(
            await StatusAsync("GET /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eDEyMzQ1Njc4OTAxMjM0NQ==\r\n"),
            Is.EqualTo(200));
        Assert.That(_upstream.Requests.Single().Header("Upgrade"), Is.Empty);
    }

    [TestCase("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!")]
    [TestCase("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")]
    [TestCase("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")]
    [TestCase("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")]
    [TestCase("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")]
    [TestCase("Transfer-Encoding: identity, chunked\r\n", "0\r\n\r\n")]
    [TestCase("Content-Length: 0\n", "")]
    [TestCase("X: a\nContent-Length: 0\r\n", "")]
    [TestCase("X-Folded: a\r\n b\r\nContent-Length: 0\r\n", "")]
    [TestCase("X Bad: a\r\nContent-Length: 0\r\n", "")]
    public async Task F39_framing_with_two_readings_never_reaches_the_upstream(string headers, string body)
    {
        // The second request would be smuggled if the first were framed otherwise by the upstream.
        var status = await StatusAsync($"POST /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\n{headers}", body: body);

        Assert.That(status, Is.EqualTo(400).Or.EqualTo(501));
        Assert.That(_upstream.Requests, Is.Empty);
    }

    [TestCase("+0")]
    [TestCase("-0")]
    [TestCase("+5")]
    [TestCase("0x10")]
    [TestCase("5 5")]
    [TestCase("5,5")]
    [TestCase("5, 5")]
    [TestCase("5.0")]
    [TestCase("")]
    [TestCase("\u00b2")]
    [TestCase("9223372036854775808")]
    [TestCase("18446744073709551616")]
    [TestCase("00000000000000000000000000000000000000000005")]
    public async Task F39_length_that_is_not_plain_digits_is_refused_and_the_connection_ends(string length)
    {
        var answer = await ExchangeAsync($"POST /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\nContent-Length: {length}\r\n\r\nhelloGET /mcp?smuggled HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\n\r\n");

        Assert.That(answer, Does.StartWith("HTTP/1.1 400 ").And.Not.Contain("\nHTTP/1.1"));
        Assert.That(_upstream.Requests, Is.Empty);
    }

    [TestCase("5")]
    [TestCase(" \t5 ")]
    [TestCase("0005")]
    public async Task F39_length_in_digits_is_sent_on_in_its_shortest_form(string length)
    {
        var status = await StatusAsync($"POST /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\nContent-Length:{length}\r\n", body: "hello");

        Assert.That(status, Is.EqualTo(200));
        Assert.That(_upstream.Requests.Single().Header("Content-Length"), Is.EqualTo(new[] { "5" }));
    }

    [TestCase("FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n")]
    [TestCase("80000000\r\nhello\r\n0\r\n\r\n")]
    [TestCase("+5\r\nhello\r\n0\r\n\r\n")]
    [TestCase("-5\r\nhello\r\n0\r\n\r\n")]
    [TestCase("0x5\r\nhello\r\n0\r\n\r\n")]
    [TestCase("\r\nhello\r\n0\r\n\r\n")]
    [TestCase("5\nhello\r\n0\r\n\r\n")]
    [TestCase("5\r\nhelloo\r\n0\r\n\r\n")]
    [TestCase("5;a\nb\r\nhello\r\n0\r\n\r\n")]
    [TestCase("5;a\rb\r\nhello\r\n0\r\n\r\n")]
    public async Task F39_chunk_that_can_be_read_in_two_ways_is_refused_and_the_connection_ends(string body)
    {
        var answer = await ExchangeAsync($"POST /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\nTransfer-Encoding: chunked\r\n\r\n{body}GET /mcp?smuggled HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\n\r\n");

        Assert.That(answer, Does.StartWith("HTTP/1.1 400 ").And.Not.Contain("\nHTTP/1.1"));
        Assert.That(_upstream.Requests, Is.Empty);
    }

    [Test]
    public async Task F39_extension_of_a_chunk_goes_no_further()
    {
        var status = await StatusAsync(
            "POST /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\nTransfer-Encoding: chunked\r\n", body: "5;a=\"b\"\r\nhello\r\n0;c\r\n\r\n");

        Assert.That(status, Is.EqualTo(200));
        Assert.That(Encoding.ASCII.GetString(_upstream.Requests.Single().Body), Is.EqualTo("hello"), "the client frames the body anew");
    }

    [Test]
    public async Task F39_chunks_alone_are_carried()
    {
        var status = await StatusAsync("POST /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\nTransfer-Encoding: Chunked\r\n", body: "0\r\n\r\n");

        Assert.That(status, Is.EqualTo(200));
        Assert.That(_upstream.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>Everything that is answered to these bytes, up to the end of the connection.</summary>
    private async Task<string> ExchangeAsync(string bytes)
    {
        await using var tls = await _host.OpenAsync(BoundaryHost.HostOf("docs"));
        await tls.WriteAsync(Encoding.Latin1.GetBytes(bytes));
        return await Eventually.ResultAsync(new StreamReader(tls, Encoding.Latin1).ReadToEndAsync());
    }

    private async Task<int> StatusAsync(string head, string server = "docs", string body = "")
    {
        await using var tls = await _host.OpenAsync(BoundaryHost.HostOf(server));
        await tls.WriteAsync(Encoding.Latin1.GetBytes(head + "\r\n" + body));
        var buffer = new byte[12];
        await Eventually.EndAsync(tls.ReadExactlyAsync(buffer).AsTask());
        return int.Parse(Encoding.ASCII.GetString(buffer)[9..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
