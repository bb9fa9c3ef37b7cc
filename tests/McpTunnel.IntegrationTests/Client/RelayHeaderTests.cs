using System.Net.Http.Headers;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>Which headers pass, and which are ours alone, in both protocol versions an agent may speak.</summary>
[TestFixture("1.1")]
[TestFixture("2.0")]
public sealed class RelayHeaderTests(string version) : RelayFixture(version)
{
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

        Assert.That(Upstream.Requests.Single().Header(name), Is.EqualTo(new[] { value }));
    }

    [Test]
    public async Task R4_header_values_beyond_ASCII_pass_byte_for_byte()
    {
        using var request = Post(new StringContent("{}"));
        request.Headers.TryAddWithoutValidation("Mcp-Name", "déjà");

        using var response = await SendAsync(request);

        // The agent wrote UTF-8 and the upstream reads UTF-8.
        Assert.That(Upstream.Requests.Single().Header("Mcp-Name"), Is.EqualTo(new[] { "déjà" }));
    }

    [Test]
    public async Task R4_only_hop_by_hop_headers_stay_behind()
    {
        Upstream.Become(context =>
        {
            context.Response.Headers.Connection = "X-Hop";
            context.Response.Headers["X-Hop"] = "1";
            context.Response.Headers["Keep-Alive"] = "timeout=5";
            context.Response.Headers["Strict-Transport-Security"] = "max-age=1";
            context.Response.Headers["X-Kept"] = "1";
            return Task.CompletedTask;
        });
        using var request = Post(new StringContent("{}"));
        if (IsHttp1)
        {
            request.Headers.TryAddWithoutValidation("Connection", "X-Hop");
        }

        request.Headers.TryAddWithoutValidation("X-Hop", "1");
        request.Headers.TryAddWithoutValidation("Proxy-Authorization", "Basic eDp5");

        using var response = await SendAsync(request);

        var sent = Upstream.Requests.Single();
        Assert.Multiple(() =>
        {
            Assert.That(sent.Header("X-Hop"), IsHttp1 ? Is.Empty : Is.EqualTo(new[] { "1" }));
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
        Upstream.Become(context =>
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

        Assert.That(Upstream.Requests.Single().Header("Accept"), Is.EqualTo(new[] { "application/json, text/event-stream" }));
    }

    [TestCase("POST")]
    [TestCase("GET")]
    public async Task Headers_about_a_body_pass_without_one(string method)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), BoundaryHost.UrlOf("docs")) { Content = new ByteArrayContent([]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentLanguage.Add("de");

        using var response = await SendAsync(request);

        var sent = Upstream.Requests.Single();
        Assert.Multiple(() =>
        {
            Assert.That(sent.Header("Content-Type"), Is.EqualTo(new[] { "application/json" }));
            Assert.That(sent.Header("Content-Language"), Is.EqualTo(new[] { "de" }));
            Assert.That(sent.Body, Is.Empty);
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
            Assert.That(Upstream.Requests.Single().Header("MCP-Protocol-Version"), Is.EqualTo(value is null ? [] : new[] { value }));
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

        var sent = Upstream.Requests.Single();
        Assert.Multiple(() =>
        {
            Assert.That(sent.Header("X-Forwarded-For"), Is.EqualTo(new[] { "203.0.113.7" }));
            Assert.That(sent.Header("X-Forwarded-Proto"), Is.EqualTo(new[] { "https" }));
            Assert.That(sent.Header("X-Forwarded-Host"), Is.EqualTo(new[] { "docs.acme.tunnel.test" }));
            Assert.That(sent.Header("X-Forwarded-Port"), Is.Empty, "to most servers it means the port that was called, which the host has");
            Assert.That(sent.Header("Host"), Is.EqualTo(new[] { Upstream.Url.Authority }));
            Assert.That(sent.Headers.Where(header => header.Value.Contains("forged", StringComparison.Ordinal)), Is.Empty);
        });
    }

    [Test]
    public async Task R25_public_host_goes_upstream_where_the_server_wants_it()
    {
        await Host.ApplyAsync(Host.Options with { Servers = [Host.Options.Servers[0] with { PreserveHost = true }] });

        using var response = await SendAsync(Post(new StringContent("{}")));

        Assert.That(Upstream.Requests.Single().Header("Host"), Is.EqualTo(new[] { "docs.acme.tunnel.test" }));
    }
}
