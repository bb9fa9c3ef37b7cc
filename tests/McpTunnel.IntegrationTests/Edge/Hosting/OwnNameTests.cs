using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using McpTunnel.TestKit.Edges;
using McpTunnel.Transport;

namespace McpTunnel.IntegrationTests.Edge.Hosting;

/// <summary>TLS and HTTP of the edge's own names.</summary>
[CancelAfter(60_000)]
public sealed class OwnNameTests
{
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
    [TestCase("Content-Length: +5\r\n")]
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
