using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Names;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Edge;

public sealed class AdminTests
{
    private FakeTimeProvider _time = null!;
    private EdgeApi _edge = null!;

    [SetUp]
    public async Task Start()
    {
        _time = new FakeTimeProvider(new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero));
        _edge = await EdgeApi.StartAsync(_time);
    }

    [TearDown]
    public async Task Stop() => await _edge.DisposeAsync();

    [Test]
    public async Task A_tunnel_is_made_shown_listed_and_archived()
    {
        using var response = await _edge.SendAsync(HttpMethod.Post, "/v1/tunnels", new { label = "acme" });
        var created = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        var id = created.GetProperty("id").GetString()!;
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(response.Headers.Location?.OriginalString, Is.EqualTo($"/v1/tunnels/{id}"));
        Assert.That(created.GetProperty("state").GetString(), Is.EqualTo("active"));

        Assert.That((await _edge.CallAsync(HttpMethod.Get, "/v1/tunnels/acme")).GetRawText(), Is.EqualTo(created.GetRawText()));
        Assert.That((await _edge.CallAsync(HttpMethod.Get, "/v1/tunnels")).GetProperty("items")[0].GetRawText(), Is.EqualTo(created.GetRawText()));

        var archived = await _edge.CallAsync(HttpMethod.Post, $"/v1/tunnels/{id}/archive");
        Assert.That(archived.GetProperty("tunnel").GetProperty("state").GetString(), Is.EqualTo("archived"));
        Assert.That(archived.GetProperty("linksClosed").GetInt32(), Is.EqualTo(2));
        Assert.That(_edge.Links.Closed, Is.EqualTo([("tunnel", id, TunnelCode.TunnelArchived)]));
    }

    [Test]
    public async Task Bad_tunnel_calls_are_refused_with_their_code()
    {
        await _edge.CreateTunnelAsync("acme");

        await EdgeApi.AssertProblemAsync(await _edge.SendAsync(HttpMethod.Post, "/v1/tunnels", new { label = "acme" }), TunnelCode.LabelTaken);
        await EdgeApi.AssertProblemAsync(await _edge.SendAsync(HttpMethod.Post, "/v1/tunnels", new { label = "-" }), TunnelCode.LabelInvalid);
        await EdgeApi.AssertProblemAsync(await _edge.SendAsync(HttpMethod.Post, "/v1/tunnels", new { }), TunnelCode.RequestMalformed);
        await EdgeApi.AssertProblemAsync(await _edge.SendAsync(HttpMethod.Get, "/v1/tunnels/nobody"), TunnelCode.NotFound);
        await EdgeApi.AssertProblemAsync(await _edge.SendAsync(HttpMethod.Post, "/v1/tunnels/nobody/archive"), TunnelCode.NotFound);
        await EdgeApi.AssertProblemAsync(await _edge.SendAsync(HttpMethod.Get, "/v1/tunnels?limit=201"), TunnelCode.RequestMalformed);
        await EdgeApi.AssertProblemAsync(await _edge.SendAsync(HttpMethod.Get, "/v1/tunnels?limit=x"), TunnelCode.RequestMalformed);
        await EdgeApi.AssertProblemAsync(await _edge.SendAsync(HttpMethod.Get, "/v1/audit?after=x"), TunnelCode.RequestMalformed);
    }

    [Test]
    public async Task A_token_is_shown_once_and_never_again()
    {
        var tunnel = await _edge.CreateTunnelAsync("acme");

        using var response = await _edge.SendAsync(HttpMethod.Post, $"/v1/tunnels/{tunnel}/tokens", new { });
        var issued = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        var token = issued.GetProperty("token").GetString()!;

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(response.Headers.CacheControl?.NoStore, Is.True);
        Assert.That(TunnelToken.TryParse(token, out var parsed), Is.True);
        Assert.That(issued.GetProperty("record").GetProperty("fingerprint").GetString(), Is.EqualTo(parsed!.Fingerprint));
        var rest = string.Concat(
            (await _edge.CallAsync(HttpMethod.Get, $"/v1/tunnels/{tunnel}/tokens")).GetRawText(),
            (await _edge.CallAsync(HttpMethod.Get, "/v1/audit")).GetRawText());
        Assert.That(rest, Does.Contain(parsed.Fingerprint).And.Not.Contain(token).And.Not.Contain(parsed.Hash));
    }

    [Test]
    public async Task Two_tokens_are_valid_during_the_overlap_and_the_old_one_ends_with_it()
    {
        var tunnel = await _edge.CreateTunnelAsync("acme");
        await _edge.IssueTokenAsync(tunnel);
        await _edge.IssueTokenAsync(tunnel, overlapSeconds: 3600);
        Assert.That(await ValidAsync(tunnel), Is.EqualTo([true, true]));
        Assert.That(_edge.Links.Closed, Is.Empty);

        _time.Advance(TimeSpan.FromHours(1));

        Assert.That(await ValidAsync(tunnel), Is.EqualTo([true, false]));
    }

    [Test]
    public async Task A_token_without_overlap_closes_the_links_of_the_one_before()
    {
        var tunnel = await _edge.CreateTunnelAsync("acme");
        var (first, _) = await _edge.IssueTokenAsync(tunnel);

        await _edge.IssueTokenAsync(tunnel, overlapSeconds: 0);

        Assert.That(_edge.Links.Closed, Is.EqualTo([("token", SecretText.Hash(first), TunnelCode.TokenExpired)]));
    }

    [Test]
    public async Task Revoking_a_token_closes_its_links_at_once()
    {
        var tunnel = await _edge.CreateTunnelAsync("acme");
        var (token, id) = await _edge.IssueTokenAsync(tunnel);

        var revoked = await _edge.CallAsync(HttpMethod.Post, $"/v1/tunnels/acme/tokens/{id}/revoke");

        Assert.That(revoked.GetProperty("linksClosed").GetInt32(), Is.EqualTo(2));
        Assert.That(revoked.GetProperty("record").GetProperty("valid").GetBoolean(), Is.False);
        Assert.That(_edge.Links.Closed, Is.EqualTo([("token", SecretText.Hash(token), TunnelCode.TokenRevoked)]));
        await EdgeApi.AssertProblemAsync(
            await _edge.SendAsync(HttpMethod.Post, $"/v1/tunnels/acme/tokens/tok_nothere/revoke"), TunnelCode.NotFound);
    }

    [TestCase("{\"overlapSeconds\":-1}")]
    [TestCase("{\"overlapSeconds\":7776001}")]
    [TestCase("{\"lifetimeSeconds\":0}")]
    [TestCase("{\"lifetimeSeconds\":9223372036854775807}")]
    [TestCase("{\"lifetimeSeconds\":\"soon\"}")]
    public async Task Token_times_out_of_range_are_refused(string body)
    {
        var tunnel = await _edge.CreateTunnelAsync("acme");
        var json = JsonDocument.Parse(body).RootElement;

        await EdgeApi.AssertProblemAsync(await _edge.SendAsync(HttpMethod.Post, $"/v1/tunnels/{tunnel}/tokens", json), TunnelCode.RequestMalformed);
    }

    [Test]
    public async Task Revoking_a_link_certificate_closes_its_links_at_once()
    {
        var tunnel = await _edge.CreateTunnelAsync("acme");
        var (token, _) = await _edge.IssueTokenAsync(tunnel);
        (await _edge.EnrolAsync(token, EdgeApi.Csr())).Dispose();
        var certificate = (await _edge.CallAsync(HttpMethod.Get, "/v1/tunnels/acme/certificates")).GetProperty("items")[0];
        var serial = certificate.GetProperty("serial").GetString()!;

        var revoked = await _edge.CallAsync(HttpMethod.Post, $"/v1/tunnels/acme/certificates/{serial.ToUpperInvariant()}/revoke");

        Assert.That(revoked.GetProperty("record").GetProperty("revoked").GetDateTimeOffset(), Is.EqualTo(_time.GetUtcNow()));
        Assert.That(_edge.Links.Closed, Is.EqualTo([("certificate", certificate.GetProperty("fingerprint").GetString(), TunnelCode.CertificateRevoked)]));
    }

    [TestCase(null)]
    [TestCase("Bearer")]
    [TestCase("Bearer mca_")]
    [TestCase("Bearer mca_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_aaaaaa")]
    [TestCase("Basic bWNhXzpw")]
    [TestCase("mca_key_without_a_scheme")]
    public async Task A_call_without_a_good_admin_key_is_refused(string? authorization)
    {
        foreach (var (method, path) in new[] { (HttpMethod.Get, "/v1/tunnels"), (HttpMethod.Post, "/v1/tunnels"), (HttpMethod.Get, "/v1/audit"), (HttpMethod.Get, "/v1/admin-keys") })
        {
            using var request = new HttpRequestMessage(method, path);
            if (authorization is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            }

            var response = await _edge.Http.SendAsync(request);
            Assert.That(response.Headers.WwwAuthenticate, Is.EqualTo([new AuthenticationHeaderValue("Bearer")]));
            await EdgeApi.AssertProblemAsync(response, TunnelCode.AdminKeyInvalid);
        }
    }

    [Test]
    public async Task A_viewer_may_look_and_change_nothing()
    {
        var issued = await _edge.CallAsync(HttpMethod.Post, "/v1/admin-keys", new { name = "dashboard", role = "viewer" });
        var viewer = issued.GetProperty("key").GetString()!;

        using var look = await _edge.SendAsync(HttpMethod.Get, "/v1/tunnels", key: viewer);
        Assert.That(look.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await EdgeApi.AssertProblemAsync(await _edge.SendAsync(HttpMethod.Post, "/v1/tunnels", new { label = "acme" }, viewer), TunnelCode.AdminKeyForbidden);
        Assert.That((await _edge.CallAsync(HttpMethod.Get, "/v1/tunnels")).GetProperty("items").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task A_revoked_admin_key_opens_nothing_and_the_last_one_stays()
    {
        var issued = await _edge.CallAsync(HttpMethod.Post, "/v1/admin-keys", new { name = "second", role = "administrator" });
        var second = issued.GetProperty("key").GetString()!;
        var first = (await _edge.CallAsync(HttpMethod.Get, "/v1/admin-keys")).GetProperty("items")[1].GetProperty("id").GetString();

        await _edge.CallAsync(HttpMethod.Post, $"/v1/admin-keys/{first}/revoke");

        await EdgeApi.AssertProblemAsync(await _edge.SendAsync(HttpMethod.Get, "/v1/tunnels"), TunnelCode.AdminKeyInvalid);
        await EdgeApi.AssertProblemAsync(
            await _edge.SendAsync(HttpMethod.Post, $"/v1/admin-keys/{issued.GetProperty("record").GetProperty("id").GetString()}/revoke", key: second),
            TunnelCode.LastAdministrator);
    }

    [TestCase("{\"name\":\"x\",\"role\":\"owner\"}")]
    [TestCase("{\"name\":\"x\",\"role\":2}")]
    [TestCase("{\"name\":\"\",\"role\":\"viewer\"}")]
    public async Task An_admin_key_with_a_wrong_role_or_name_is_refused(string body) => await EdgeApi.AssertProblemAsync(
        await _edge.SendAsync(HttpMethod.Post, "/v1/admin-keys", JsonDocument.Parse(body).RootElement), TunnelCode.RequestMalformed);

    [TestCase("GET", "/", TunnelCode.NotFound, 404)]
    [TestCase("GET", "/v1/nothing", TunnelCode.NotFound, 404)]
    [TestCase("DELETE", "/v1/tunnels", TunnelCode.RequestMalformed, 405)]
    [TestCase("GET", "/v1/enroll", TunnelCode.RequestMalformed, 405)]
    public async Task A_call_that_there_is_not_is_refused_with_a_code_too(string method, string path, TunnelCode code, int status) =>
        await EdgeApi.AssertProblemAsync(await _edge.SendAsync(new HttpMethod(method), path), code, status);

    [Test]
    public async Task The_audit_log_says_who_changed_what_from_where()
    {
        await _edge.CreateTunnelAsync("acme");

        var entry = (await _edge.CallAsync(HttpMethod.Get, "/v1/audit?limit=1")).GetProperty("items")[0];

        Assert.Multiple(() =>
        {
            Assert.That(entry.GetProperty("action").GetString(), Is.EqualTo("tunnel.create"));
            Assert.That(entry.GetProperty("actorName").GetString(), Is.EqualTo("edge init"));
            Assert.That(entry.GetProperty("actorId").GetString(), Does.StartWith("adk_"));
            Assert.That(entry.GetProperty("address").GetString(), Is.EqualTo("127.0.0.1"));
            Assert.That(entry.GetProperty("at").GetDateTimeOffset(), Is.EqualTo(_time.GetUtcNow()));
        });
    }

    [Test]
    public async Task The_OpenAPI_document_describes_every_call()
    {
        using var document = JsonDocument.Parse(await _edge.Http.GetStringAsync("/v1/openapi.json"));

        var operations = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));

        Assert.That(operations, Is.EquivalentTo(
        [
            "POST /v1/enroll",
            "GET /v1/tunnels", "POST /v1/tunnels", "GET /v1/tunnels/{tunnel}", "POST /v1/tunnels/{tunnel}/archive",
            "GET /v1/tunnels/{tunnel}/tokens", "POST /v1/tunnels/{tunnel}/tokens", "POST /v1/tunnels/{tunnel}/tokens/{token}/revoke",
            "GET /v1/tunnels/{tunnel}/certificates", "POST /v1/tunnels/{tunnel}/certificates/{serial}/revoke",
            "GET /v1/admin-keys", "POST /v1/admin-keys", "POST /v1/admin-keys/{key}/revoke", "GET /v1/audit",
        ]));
        var list = document.RootElement.GetProperty("paths").GetProperty("/v1/tunnels").GetProperty("get");
        Assert.That(list.GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()), Is.EqualTo(["limit", "after"]));
        var token = document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty("TokenView").GetProperty("properties");
        Assert.That(token.TryGetProperty("fingerprint", out _), Is.True);
    }

    [Test]
    public async Task The_OpenAPI_document_is_made_once()
    {
        var description = _edge.Services.GetRequiredService<McpTunnel.Edge.Admin.ApiDescription>();

        var first = (Microsoft.AspNetCore.Http.HttpResults.FileContentHttpResult)await description.ShowAsync();
        var second = (Microsoft.AspNetCore.Http.HttpResults.FileContentHttpResult)await description.ShowAsync();

        Assert.That(
            System.Runtime.InteropServices.MemoryMarshal.TryGetArray(first.FileContents, out var one)
            && System.Runtime.InteropServices.MemoryMarshal.TryGetArray(second.FileContents, out var two)
            && ReferenceEquals(one.Array, two.Array));
    }

    private async Task<IEnumerable<bool>> ValidAsync(string tunnel) =>
        (await _edge.CallAsync(HttpMethod.Get, $"/v1/tunnels/{tunnel}/tokens")).GetProperty("items").EnumerateArray()
            .Select(token => token.GetProperty("valid").GetBoolean()).ToList();
}
