using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Hosting;
using McpTunnel.Edge.Initialization;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.IntegrationTests.Edge.Hosting;

[CancelAfter(60_000)]
public sealed class TunnelEdgeTests
{
    [Test]
    public async Task Link_comes_up_over_the_ingress_and_is_listed(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();

        using var admin = edge.CreateHttpClient(asAdmin: true);
        var page = await admin.GetFromJsonAsync<JsonElement>("v1/links", cancellationToken);
        var item = page.GetProperty("items").EnumerateArray().Single();

        Assert.Multiple(() =>
        {
            Assert.That(link.Identity.Node, Is.EqualTo("edge-test"));
            Assert.That(item.GetProperty("id").GetString(), Is.EqualTo(link.Identity.LinkId));
            Assert.That(item.GetProperty("tunnel").GetString(), Is.EqualTo(edge.Tunnel.Id));
            Assert.That(item.GetProperty("domain").GetString(), Is.EqualTo("acme.tunnel.test"));
            Assert.That(item.GetProperty("state").GetString(), Is.EqualTo("active"));
            Assert.That(item.GetProperty("carrier").GetString(), Is.EqualTo("tls"));
            Assert.That(item.GetProperty("remoteAddress").GetString(), Is.EqualTo("127.0.0.1"));
            Assert.That(item.GetProperty("software").GetString(), Is.EqualTo("test/1"));
            Assert.That(item.GetProperty("streams").GetInt32(), Is.Zero);
        });
    }

    [Test]
    public async Task Links_are_listed_in_parts_and_only_to_an_admin(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var first = await edge.DialAsync(edge.Hello(index: 0));
        await using var second = await edge.DialAsync(edge.Hello(index: 1));
        using var admin = edge.CreateHttpClient(asAdmin: true);
        using var stranger = edge.CreateHttpClient();

        var page = await admin.GetFromJsonAsync<JsonElement>("v1/links?limit=1", cancellationToken);
        var rest = await admin.GetFromJsonAsync<JsonElement>($"v1/links?limit=1&after={page.GetProperty("next").GetString()}", cancellationToken);
        var other = await admin.GetFromJsonAsync<JsonElement>("v1/links?tunnel=tnl_other", cancellationToken);
        using var wrong = await admin.GetAsync("v1/links?limit=0", cancellationToken);
        using var refused = await stranger.GetAsync("v1/links", cancellationToken);

        string?[] ids = [.. page.GetProperty("items").EnumerateArray().Concat(rest.GetProperty("items").EnumerateArray()).Select(item => item.GetProperty("id").GetString())];
        Assert.That(ids, Is.EquivalentTo(new[] { first.Identity.LinkId, second.Identity.LinkId }));
        Assert.That(rest.TryGetProperty("next", out _), Is.False);
        Assert.That(other.GetProperty("items").GetArrayLength(), Is.Zero);
        Assert.That(wrong.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Higher_generation_replaces_the_link_and_the_old_one_is_told(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var old = await edge.DialAsync(edge.Hello(generation: 1));
        await using var next = await edge.DialAsync(edge.Hello(generation: 2));

        var closure = await Eventually.ResultAsync(old.Closed);

        Assert.That(closure.Code, Is.EqualTo(TunnelCode.Replaced));
        Assert.That(next.State, Is.EqualTo(LinkState.Active));
        var refusal = await Assert.ThrowsAsync<LinkRefusedException>(() => edge.DialAsync(edge.Hello(generation: 2)));
        Assert.That(refusal!.Code, Is.EqualTo(TunnelCode.Replaced));
        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.link.registrations", "accepted") == 2, "both are counted");
        Assert.That(edge.Metrics.Sum("mcptunnel.edge.link.registrations", "replaced"), Is.EqualTo(1));
    }

    [Test]
    public async Task Link_with_the_token_of_another_tunnel_is_refused_and_so_is_the_other_way_round(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        var (_, other) = await edge.AddTunnelAsync("other");

        var wrongToken = edge.Credentials with { Token = other.Token };
        var wrongCertificate = edge.Credentials with { Certificate = other.Certificate };

        Assert.That((await Assert.ThrowsAsync<LinkRefusedException>(() => edge.DialAsync(credentials: wrongToken)))!.Code, Is.EqualTo(TunnelCode.IdentityMismatch));
        Assert.That((await Assert.ThrowsAsync<LinkRefusedException>(() => edge.DialAsync(credentials: wrongCertificate)))!.Code, Is.EqualTo(TunnelCode.IdentityMismatch));
        other.Dispose();
    }

    [Test]
    public async Task Link_without_a_client_certificate_ends_in_the_handshake(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        using var client = edge.CreateHttpClient();

        // TLS 1.3 tells of the missing certificate after the client's part is over: the request fails, in whichever step.
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync($"https://link.{EdgeFixture.Domain}:{edge.Edge.Port}/v1/link", cancellationToken));
    }

    [Test]
    public async Task Request_for_another_name_than_that_of_the_handshake_is_misdirected(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        using var socket = await edge.ConnectAsync();
        await using var tls = new SslStream(new NetworkStream(socket));
        var options = new SslClientAuthenticationOptions { TargetHost = EdgeFixture.Domain, CertificateChainPolicy = edge.TrustPolicy() };
        await tls.AuthenticateAsClientAsync(options, cancellationToken);

        await tls.WriteAsync(Encoding.ASCII.GetBytes($"GET /v1/link HTTP/1.1\r\nHost: link.{EdgeFixture.Domain}\r\nConnection: close\r\n\r\n"), cancellationToken);
        using var reader = new StreamReader(tls);
        var answer = await reader.ReadToEndAsync(cancellationToken);

        Assert.That(answer, Does.StartWith("HTTP/1.1 421 ").And.Contain("\"code\":\"misdirected\""));
    }

    [TestCase("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n")]
    [TestCase("Transfer-Encoding: identity, chunked\r\n")]
    [TestCase("X: a\nY: b\r\n")]
    public async Task F39_request_with_two_readings_is_refused_by_the_own_names_too(string headers, CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        using var socket = await edge.ConnectAsync();
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = EdgeFixture.Domain, CertificateChainPolicy = edge.TrustPolicy() }, cancellationToken);

        await tls.WriteAsync(Encoding.ASCII.GetBytes($"POST /v1/enroll HTTP/1.1\r\nHost: {EdgeFixture.Domain}\r\n{headers}\r\n0\r\n\r\n"), cancellationToken);
        using var reader = new StreamReader(tls);

        // To its end: the connection takes no second request.
        Assert.That(await reader.ReadToEndAsync(cancellationToken), Does.StartWith("HTTP/1.1 400 ").And.Not.Contain("\nHTTP/1.1"));
    }

    [Test]
    public async Task Api_speaks_http_2_and_1_and_serves_no_management(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        using var client = edge.CreateHttpClient();
        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "v1/openapi.json") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var response = await client.SendAsync(request, cancellationToken);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), version.ToString());
            Assert.That(response.Version, Is.EqualTo(version));
        }

        foreach (var path in new[] { "metrics", "healthz", "readyz" })
        {
            using var response = await client.GetAsync(path, cancellationToken);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        }
    }

    [Test]
    public async Task Call_without_a_valid_admin_key_is_the_last_of_its_connection(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        using var client = edge.CreateHttpClient();

        using var refused = await client.GetAsync("v1/tunnels", cancellationToken);
        using var other = await client.GetAsync("v1/openapi.json", cancellationToken);

        Assert.That((refused.StatusCode, refused.Headers.ConnectionClose), Is.EqualTo((HttpStatusCode.Unauthorized, (bool?)true)));
        Assert.That((other.StatusCode, other.Headers.ConnectionClose), Is.EqualTo((HttpStatusCode.OK, (bool?)null)));
    }

    [Test]
    public async Task Domain_that_the_certificate_does_not_name_is_not_ready(CancellationToken cancellationToken)
    {
        using var directory = new ScratchDirectory();
        await EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = "before.example.com", StateDirectory = directory["state"] }, TimeProvider.System, NullLoggerFactory.Instance, cancellationToken);
        var options = new EdgeOptions
        {
            Domain = "after.example.com",
            Listen = [new HostEndPoint("127.0.0.1", 0)],
            Management = new HostEndPoint("127.0.0.1", 0),
            State = directory["state"],
        };
        await using var edge = await TunnelEdge.StartAsync(options, NullLoggerFactory.Instance, cancellationToken: cancellationToken);
        using var client = new HttpClient { BaseAddress = edge.ManagementUrl };

        using var response = await client.GetAsync("readyz", cancellationToken);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await response.Content.ReadAsStringAsync(cancellationToken), Does.Contain("is not for after.example.com and link.after.example.com"));
    }

    [Test]
    public async Task Management_serves_health_and_metrics_and_no_api(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        using var client = new HttpClient { BaseAddress = edge.Edge.ManagementUrl };

        var ready = await client.GetFromJsonAsync<JsonElement>("readyz", cancellationToken);
        var metrics = await client.GetStringAsync("metrics", cancellationToken);
        using var health = await client.GetAsync("healthz", cancellationToken);
        using var api = await client.GetAsync("v1/openapi.json", cancellationToken);

        Assert.That(ready.GetProperty("ready").GetBoolean(), Is.True);
        Assert.That(
            ready.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("name").GetString()),
            Is.EquivalentTo(new[] { "listener", "quic", "certificate", "registry", "draining" }));
        Assert.That(health.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(api.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(metrics, Does.Match("""(?m)^mcptunnel_edge_links\{[^}]*carrier="tls"[^}]*state="active"[^}]*\} [1-9]"""));
        Assert.That(metrics, Does.Match("""(?m)^mcptunnel_edge_connections_total\{[^}]*outcome="own_name"[^}]*\} [1-9]"""));
    }

    [Test]
    public async Task Listens_on_several_addresses_of_both_families(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync(listen: [new HostEndPoint("127.0.0.1", 0), new HostEndPoint("::1", 0), new HostEndPoint("::", 0)]);
        var ports = edge.Edge.EndPoints.Select(endPoint => endPoint.Port).ToArray();

        Assert.That(ports, Is.All.GreaterThan(0));
        foreach (var target in new[] { new IPEndPoint(IPAddress.Loopback, ports[0]), new(IPAddress.IPv6Loopback, ports[1]), new(IPAddress.Loopback, ports[2]), new(IPAddress.IPv6Loopback, ports[2]) })
        {
            using var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(target, cancellationToken);
            await socket.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), cancellationToken);
            var answer = new byte[12];
            await socket.ReceiveAsync(answer, cancellationToken);
            Assert.That(answer, Is.EqualTo("HTTP/1.1 400"u8.ToArray()), target.ToString());
        }
    }

    [Test]
    public async Task StartAsync_taken_port_says_which_and_what_to_do()
    {
        await using var edge = await EdgeFixture.StartAsync();

        var exception = await Assert.ThrowsAsync<EdgeStartException>(() => EdgeFixture.StartAsync(listen: [new HostEndPoint("127.0.0.1", edge.Edge.Port)]));

        Assert.That(exception!.Message, Does.Contain($"127.0.0.1:{edge.Edge.Port}").And.Contain("'listen'"));
    }

    [Test]
    public async Task StartAsync_second_edge_on_a_state_directory_says_so()
    {
        await using var edge = await EdgeFixture.StartAsync();
        var options = edge.Edge.Services.GetRequiredService<EdgeOptions>() with { Listen = [new HostEndPoint("127.0.0.1", 0)] };

        var exception = await Assert.ThrowsAsync<EdgeStartException>(() => TunnelEdge.StartAsync(options, NullLoggerFactory.Instance));

        Assert.That(exception!.Message, Does.Contain($"Another process runs with the state directory {options.State}. "));
    }

    [Test]
    public async Task Registry_that_cannot_be_written_is_not_ready_until_a_change_succeeds(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        using var admin = edge.CreateHttpClient(asAdmin: true);
        using var management = new HttpClient { BaseAddress = edge.Edge.ManagementUrl };
        Assert.That((await management.GetAsync("readyz", cancellationToken)).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        // Reads go on and the audit entry of a change does not: as on a disk that became full.
        await AlterRegistryAsync(edge, "ALTER TABLE admin_audit RENAME TO elsewhere");
        using var failed = await admin.PostAsync("v1/tunnels", new StringContent("""{"label":"later"}""", null, "application/json"), cancellationToken);
        using var unready = await management.GetAsync("readyz", cancellationToken);
        await AlterRegistryAsync(edge, "ALTER TABLE elsewhere RENAME TO admin_audit");
        using var made = await admin.PostAsync("v1/tunnels", new StringContent("""{"label":"later"}""", null, "application/json"), cancellationToken);
        using var ready = await management.GetAsync("readyz", cancellationToken);

        Assert.That((int)failed.StatusCode, Is.GreaterThanOrEqualTo(500));
        Assert.That(unready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await unready.Content.ReadAsStringAsync(cancellationToken), Does.Contain("The registry cannot be written: "));
        Assert.That(made.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    private static async Task AlterRegistryAsync(EdgeFixture edge, string statement)
    {
        var file = EdgePaths.Registry(edge.Edge.Services.GetRequiredService<EdgeOptions>());
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync();
    }

    [Test]
    public async Task StartAsync_without_a_state_directory_says_how_to_make_one()
    {
        var options = new EdgeOptions { Domain = "t.test", State = "/nonexistent/mcptunnel" };

        var exception = await Assert.ThrowsAsync<EdgeStartException>(() => TunnelEdge.StartAsync(options, NullLoggerFactory.Instance));

        Assert.That(exception!.Message, Does.Contain("/nonexistent/mcptunnel").And.Contain("mcptunnel edge init"));
    }

    [Test]
    public async Task StopAsync_tells_links_lets_streams_end_and_takes_no_more(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);

        var stopping = edge.Edge.StopAsync(TimeSpan.FromMinutes(5));
        await Eventually.EndAsync(link.DrainRequested);
        await Assert.ThrowsAsync<SocketException>(edge.ConnectAsync);
        using var management = new HttpClient { BaseAddress = edge.Edge.ManagementUrl };
        using var ready = await management.GetAsync("readyz", cancellationToken);
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        // The call in flight goes on to its end in both directions.
        await agent.SendAsync("more"u8.ToArray(), cancellationToken);
        Assert.That(await Agents.ReadAsync(stream.Input, 4), Is.EqualTo("more"u8.ToArray()));
        await stream.Output.WriteAsync("answer"u8.ToArray(), cancellationToken);
        Assert.That(await Agents.ReceiveAsync(agent, 6), Is.EqualTo("answer"u8.ToArray()));
        Assert.That(stopping.IsCompleted, Is.False);

        agent.Shutdown(SocketShutdown.Send);
        await stream.Output.CompleteAsync();
        await Eventually.EndAsync(stopping);
        Assert.That((await Eventually.ResultAsync(link.Closed)).Code, Is.EqualTo(TunnelCode.Shutdown));
        agent.Dispose();
    }

    [Test]
    public async Task StopAsync_after_the_grace_cuts_what_still_runs()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var (agent, stream) = await Agents.OpenAsync(edge, link);

        await Eventually.EndAsync(edge.Edge.StopAsync(TimeSpan.Zero));

        Assert.That((await Assert.ThrowsAsync<SocketException>(() => agent.ReceiveAsync(new byte[1])))!.SocketErrorCode, Is.EqualTo(SocketError.ConnectionReset));
        Assert.That(stream.Closed.IsCancellationRequested, Is.True);
        agent.Dispose();
    }

    [Test]
    public async Task Revoked_token_closes_its_links_at_once(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        using var admin = edge.CreateHttpClient(asAdmin: true);

        using var response = await admin.PostAsync($"v1/tunnels/{edge.Tunnel.Id}/tokens/{edge.Credentials.TokenId}/revoke", null, cancellationToken);
        Assert.That(response.IsSuccessStatusCode, Is.True, response.StatusCode.ToString());

        Assert.That((await Eventually.ResultAsync(link.Closed)).Code, Is.EqualTo(TunnelCode.TokenRevoked));
        Assert.That((await Assert.ThrowsAsync<LinkRefusedException>(() => edge.DialAsync()))!.Code, Is.EqualTo(TunnelCode.TokenRevoked));
    }

    [Test]
    public async Task Revoked_certificate_closes_its_links_at_once_and_opens_no_more(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        using var admin = edge.CreateHttpClient(asAdmin: true);

        using var response = await admin.PostAsync($"v1/tunnels/{edge.Tunnel.Id}/certificates/{edge.Credentials.Serial}/revoke", null, cancellationToken);
        Assert.That(response.IsSuccessStatusCode, Is.True, response.StatusCode.ToString());

        Assert.That((await Eventually.ResultAsync(link.Closed)).Code, Is.EqualTo(TunnelCode.CertificateRevoked));
        Assert.That((await Assert.ThrowsAsync<LinkRefusedException>(() => edge.DialAsync()))!.Code, Is.EqualTo(TunnelCode.CertificateRevoked));
    }

    [Test]
    public async Task Link_with_an_expired_certificate_is_told_so_by_name()
    {
        await using var edge = await EdgeFixture.StartAsync();
        using var expired = await edge.IssueCertificateAsync(TimeProvider.System.GetUtcNow().AddDays(-60));

        var refusal = await Assert.ThrowsAsync<LinkRefusedException>(() => edge.DialAsync(credentials: edge.Credentials with { Certificate = expired }));

        Assert.That(refusal!.Code, Is.EqualTo(TunnelCode.CertificateExpired));
    }

    [Test]
    public async Task Link_with_a_certificate_of_another_authority_ends_in_the_handshake()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var other = await EdgeFixture.StartAsync();

        await Assert.ThrowsAsync<LinkConnectException>(() => edge.DialAsync(credentials: edge.Credentials with { Certificate = other.Credentials.Certificate }));
    }

    [Test]
    public async Task Certificate_of_the_own_names_is_swapped_live_and_links_stay(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();

        var replaced = await edge.ReplaceCertificateAsync();

        using var socket = await edge.ConnectAsync();
        await using var tls = new SslStream(new NetworkStream(socket));
        using var authority = replaced;
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = EdgeFixture.Domain, CertificateChainPolicy = EdgeFixture.TrustPolicy([replaced]) }, cancellationToken);
        Assert.That(tls.RemoteCertificate!.Issuer, Is.EqualTo(replaced.Subject));
        Assert.That(link.State, Is.EqualTo(LinkState.Active));
        using var management = new HttpClient { BaseAddress = edge.Edge.ManagementUrl };
        using var ready = await management.GetAsync("readyz", cancellationToken);
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }
}
