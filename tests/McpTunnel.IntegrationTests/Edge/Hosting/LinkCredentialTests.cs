using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.Transport;

namespace McpTunnel.IntegrationTests.Edge.Hosting;

/// <summary>Who gets a link at a running edge, and who does not, or no more.</summary>
[CancelAfter(60_000)]
public sealed class LinkCredentialTests
{
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
    public async Task Link_with_a_certificate_of_another_authority_ends_in_the_handshake()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var other = await EdgeFixture.StartAsync();

        await Assert.ThrowsAsync<LinkConnectException>(() => edge.DialAsync(credentials: edge.Credentials with { Certificate = other.Credentials.Certificate }));
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
}
