using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using McpTunnel.Client.Configuration;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.TestKit.Tokens;
using McpTunnel.TestKit.Upstreams;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>Tokens of every kind at a server that asks for them (A1 to A7, A10, A11).</summary>
public sealed class AuthenticationTests
{
    private const string Audience = "https://docs.acme.tunnel.test/mcp";

    private TestIssuer _issuer = null!;
    private ScriptedUpstream _upstream = null!;
    private BoundaryHost _host = null!;
    private HttpClient _agent = null!;
    private FakeTimeProvider _time = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        _issuer = await TestIssuer.StartAsync(_time);
        _upstream = await ScriptedUpstream.StartAsync(Behaviour.Reply(200, "application/json", "{}"));
        _host = await BoundaryHost.StartAsync([Protected("docs"), BoundaryHost.Server("open", _upstream.Url)], time: _time);
        _agent = _host.NewAgent(HttpVersion.Version11);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _agent.Dispose();
        await _host.DisposeAsync();
        await _upstream.DisposeAsync();
        await _issuer.DisposeAsync();
    }

    [TestCase("POST")]
    [TestCase("GET")]
    [TestCase("DELETE")]
    public async Task A2_A5_request_without_a_token_gets_the_whole_challenge(string method)
    {
        using var response = await SendAsync(null, new HttpMethod(method));

        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(
                response.Headers.NonValidated["WWW-Authenticate"].ToArray(),
                Is.EqualTo(new[] { "Bearer resource_metadata=\"https://docs.acme.tunnel.test/.well-known/oauth-protected-resource/mcp\", scope=\"mcp:tools\"" }));
            Assert.That(_upstream.Requests, Is.Empty);
        });
        Assert.That(await Problem.CodeAsync(response), Is.EqualTo("authentication_required"));
    }

    [Test]
    public async Task A4_good_token_passes_and_stays_here()
    {
        var token = _issuer.CreateToken(Audience);

        using var first = await SendAsync(token);
        using var second = await SendAsync(token);

        Assert.Multiple(() =>
        {
            Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(_upstream.Requests.SelectMany(request => request.Headers).Where(header => header.Value.Contains(token, StringComparison.Ordinal)), Is.Empty);
            Assert.That(_upstream.Requests.SelectMany(request => request.Header("Authorization")), Is.Empty);
            Assert.That(_issuer.RequestsOf("/jwks"), Is.EqualTo(1));
            Assert.That(_host.Logs.Lines.Where(line => line.Text.Contains(token, StringComparison.Ordinal)), Is.Empty);
        });
    }

    [TestCase("https://docs.acme.tunnel.test/mcp")]
    [TestCase("https://docs.acme.tunnel.test/mcp/")]
    [TestCase("HTTPS://DOCS.acme.tunnel.test/mcp")]
    [TestCase("https://docs.acme.tunnel.test:443/mcp")]
    [TestCase("https://docs.acme.tunnel.test")]
    [TestCase("https://docs.acme.tunnel.test/")]
    public async Task A7_audience_may_be_written_in_any_of_its_ways(string audience)
    {
        using var response = await SendAsync(_issuer.CreateToken(audience));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("https://docs.acme.tunnel.test/MCP")]
    [TestCase("https://docs.acme.tunnel.test/mcp/x")]
    [TestCase("https://docs.acme.tunnel.test/mcp#x")]
    [TestCase("https://docs.acme.tunnel.test:8443/mcp")]
    [TestCase("http://docs.acme.tunnel.test/mcp")]
    [TestCase("https://open.acme.tunnel.test/mcp")]
    [TestCase("https://acme.tunnel.test/mcp")]
    [TestCase("docs")]
    public async Task A4_audience_of_another_resource_is_refused(string audience)
    {
        using var response = await SendAsync(_issuer.CreateToken(audience));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Bad_token_of_every_kind_is_refused_with_a_reason([Values] BadToken kind)
    {
        var token = _issuer.CreateBadToken(kind, Audience);
        var needsKeys = kind is BadToken.UnknownKey or BadToken.ForgedSignature or BadToken.ChangedClaims;
        using var reading = new MeterReading("McpTunnel.Client");

        using var response = await SendAsync(token);

        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(
                response.Headers.NonValidated["WWW-Authenticate"].ToString(),
                Does.StartWith("Bearer error=\"invalid_token\", error_description=\"The token").And.Contain("resource_metadata=\"https://docs").And.Contain("scope=\"mcp:tools\""));
            Assert.That(_upstream.Requests, Is.Empty);
            Assert.That(_issuer.RequestsOf("/jwks"), Is.EqualTo(needsKeys ? 1 : 0), "what can be judged without keys costs no fetch");
            Assert.That(_host.Logs.Lines.Where(line => line.Text.Contains(token, StringComparison.Ordinal)), Is.Empty);
        });
        Assert.That(await Problem.CodeAsync(response), Is.EqualTo("invalid_token"));
        Assert.That(reading.Sum("mcptunnel.client.authentications", "invalid_token"), Is.EqualTo(1), "It is counted.");
        Assert.That(reading.Sum("mcptunnel.client.authentications"), Is.EqualTo(1));
    }

    [Test]
    public async Task Connection_without_a_call_that_was_let_in_is_closed_and_one_with_it_stays()
    {
        await using var silent = await _host.OpenAsync(BoundaryHost.HostOf("docs"));
        await using var refused = await _host.OpenAsync(BoundaryHost.HostOf("docs"));
        await using var good = await _host.OpenAsync(BoundaryHost.HostOf("docs"));
        Assert.That(await StatusOnAsync(refused, "bad"), Is.EqualTo("401"));
        Assert.That(await StatusOnAsync(good, _issuer.CreateToken(Audience)), Is.EqualTo("200"));

        _time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
        Assert.That(await StatusOnAsync(refused, "bad"), Is.EqualTo("401"), "Not yet.");
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.That(await Eventually.ResultAsync(silent.ReadAsync(new byte[1]).AsTask()), Is.Zero);
        Assert.That(await Eventually.ResultAsync(refused.ReadAsync(new byte[1]).AsTask()), Is.Zero);
        Assert.That(await StatusOnAsync(good, _issuer.CreateToken(Audience)), Is.EqualTo("200"));
    }

    [Test]
    public async Task A3_missing_scope_names_all_scopes_in_one_challenge()
    {
        await _host.ApplyAsync(_host.Options with { Servers = [Protected("docs", "mcp:tools", "docs:read")] });

        using var response = await SendAsync(_issuer.CreateToken(Audience, "docs:read"));

        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
            Assert.That(
                response.Headers.NonValidated["WWW-Authenticate"].ToString(),
                Does.StartWith("Bearer error=\"insufficient_scope\"").And.Contain("scope=\"mcp:tools docs:read\"").And.Contain("resource_metadata="));
        });
        Assert.That(await Problem.CodeAsync(response), Is.EqualTo("insufficient_scope"));
    }

    [Test]
    public async Task A5_token_in_the_query_is_refused_even_beside_a_good_one()
    {
        using var response = await SendAsync(_issuer.CreateToken(Audience), path: "/mcp?access_token=abc");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await Problem.CodeAsync(response), Is.EqualTo("request_malformed"));
    }

    [Test]
    public async Task Token_that_was_good_ends_with_its_life_although_it_is_remembered()
    {
        var token = _issuer.CreateToken([Audience], [], TimeSpan.FromSeconds(30));
        using var before = await SendAsync(token);
        _time.Advance(TimeSpan.FromSeconds(30 + 61));

        using var after = await SendAsync(token);

        Assert.Multiple(() =>
        {
            Assert.That(before.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(after.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        });
    }

    [Test]
    public async Task A10_new_signing_key_is_found_by_its_first_token()
    {
        using var before = await SendAsync(_issuer.CreateToken(Audience));
        _time.Advance(TimeSpan.FromSeconds(31));
        _issuer.RotateKeys();

        using var after = await SendAsync(_issuer.CreateToken(Audience));

        Assert.Multiple(() =>
        {
            Assert.That(before.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(after.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(_issuer.RequestsOf("/jwks"), Is.EqualTo(2));
        });
    }

    [Test]
    public async Task A10_flood_of_unknown_keys_asks_the_issuer_a_bounded_number_of_times()
    {
        for (var i = 0; i < 50; i++)
        {
            using var response = await SendAsync(_issuer.CreateBadToken(BadToken.UnknownKey, Audience));
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(_issuer.RequestsOf("/jwks"), Is.EqualTo(2), "once at first, once after thirty seconds");
        using var good = await SendAsync(_issuer.CreateToken(Audience));
        Assert.That(good.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Issuer_that_is_down_is_503_and_comes_back()
    {
        var token = _issuer.CreateToken(Audience);
        await _issuer.GoDownAsync();
        using var whileDown = await SendAsync(token);
        await _issuer.ComeBackAsync();
        using var tooSoon = await SendAsync(token);
        _time.Advance(TimeSpan.FromSeconds(6));

        using var afterwards = await SendAsync(token);

        Assert.Multiple(() =>
        {
            Assert.That(whileDown.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(whileDown.Headers.RetryAfter?.Delta, Is.Not.Null);
            Assert.That(tooSoon.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), "one try in five seconds");
            Assert.That(afterwards.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        });
        Assert.That(await Problem.CodeAsync(whileDown), Is.EqualTo("authentication_unavailable"));
    }

    [Test]
    public async Task Issuer_that_goes_down_later_is_not_missed_for_a_day()
    {
        using var before = await SendAsync(_issuer.CreateToken(Audience));
        await _issuer.GoDownAsync();
        _time.Advance(TimeSpan.FromHours(23));
        using var within = await SendAsync(_issuer.CreateToken(Audience));
        _time.Advance(TimeSpan.FromHours(2));

        using var beyond = await SendAsync(_issuer.CreateToken(Audience));

        Assert.Multiple(() =>
        {
            Assert.That(within.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(beyond.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        });
    }

    [Test]
    public async Task Issuer_outside_its_networks_is_never_asked()
    {
        var server = Protected("docs");
        await _host.ApplyAsync(_host.Options with { Servers = [server with { Authentication = server.Authentication with { IssuerNetworks = [IPNetwork.Parse("0.0.0.0/0")] } }] });

        using var response = await SendAsync(_issuer.CreateToken(Audience));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(_issuer.RequestsOf("/.well-known/openid-configuration"), Is.Zero);
    }

    [TestCase("/.well-known/oauth-protected-resource/mcp", "https://docs.acme.tunnel.test/mcp")]
    [TestCase("/.well-known/oauth-protected-resource", "https://docs.acme.tunnel.test")]
    public async Task A1_A6_metadata_names_resource_issuer_and_scopes(string path, string resource)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, BoundaryHost.UrlOf("docs", path)) { Headers = { { "Origin", "https://inspector.example" } } };

        using var response = await _agent.SendAsync(request);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

        var root = document.RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/json"));
            Assert.That(response.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo(new[] { "*" }));
            Assert.That(root.GetProperty("resource").GetString(), Is.EqualTo(resource));
            Assert.That(root.GetProperty("authorization_servers").EnumerateArray().Select(item => item.GetString()), Is.EqualTo(new[] { _issuer.Issuer }));
            Assert.That(root.GetProperty("scopes_supported").EnumerateArray().Select(item => item.GetString()), Is.EqualTo(new[] { "mcp:tools" }));
            Assert.That(root.GetProperty("bearer_methods_supported").EnumerateArray().Select(item => item.GetString()), Is.EqualTo(new[] { "header" }));
        });
    }

    [TestCase("docs", "/.well-known/oauth-protected-resource/other", 404)]
    [TestCase("docs", "/.well-known/oauth-protected-resource/", 404)]
    [TestCase("open", "/.well-known/oauth-protected-resource/mcp", 404)]
    public async Task A1_metadata_is_nowhere_else(string server, string path, int status)
    {
        using var response = await _agent.GetAsync(BoundaryHost.UrlOf(server, path));

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
    }

    [Test]
    public async Task Open_server_asks_nobody_and_still_keeps_tokens_to_itself()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, BoundaryHost.UrlOf("open")) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", "abc") } };

        using var response = await _agent.SendAsync(request);

        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(_upstream.Requests.Single().Header("Authorization"), Is.Empty);
        });
    }

    /// <summary>One call on a connection, read to the end of its answer.</summary>
    private static async Task<string> StatusOnAsync(Stream connection, string token)
    {
        await connection.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n"));
        var buffer = new byte[8192];
        var text = "";
        while (!text.EndsWith('}') && !text.EndsWith("0\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await Eventually.ResultAsync(connection.ReadAsync(buffer).AsTask());
            Assert.That(read, Is.GreaterThan(0), text);
            text += Encoding.ASCII.GetString(buffer, 0, read);
        }

        return text.Split(' ')[1];
    }

    private ServerOptions Protected(string name, params string[] scopes) => BoundaryHost.Server(name, _upstream.Url) with
    {
        Authentication = new AuthenticationOptions
        {
            Mode = AuthenticationMode.Jwt,
            Issuer = new Uri(_issuer.Issuer),
            RequiredScopes = scopes.Length > 0 ? scopes : ["mcp:tools"],
            IssuerNetworks = [IPNetwork.Parse("127.0.0.0/8")],
        },
    };

    private Task<HttpResponseMessage> SendAsync(string? token, HttpMethod? method = null, string path = "/mcp")
    {
        var request = new HttpRequestMessage(method ?? HttpMethod.Post, BoundaryHost.UrlOf("docs", path));
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return _agent.SendAsync(request);
    }
}
