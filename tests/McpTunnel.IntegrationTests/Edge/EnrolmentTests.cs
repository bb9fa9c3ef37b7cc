using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Keys;
using McpTunnel.Certificates.Requests;
using McpTunnel.Edge.Enrolment;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Names;
using McpTunnel.Transport.Handshake;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Edge;

public sealed class EnrolmentTests
{
    private FakeTimeProvider _time = null!;
    private EdgeApi _edge = null!;
    private string _tunnel = null!;

    [SetUp]
    public async Task Start()
    {
        _time = new FakeTimeProvider(new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero));
        _edge = await EdgeApi.StartAsync(_time);
        _tunnel = await _edge.CreateTunnelAsync("acme");
    }

    [TearDown]
    public async Task Stop() => await _edge.DisposeAsync();

    [Test]
    public async Task A_token_and_a_signing_request_give_a_certificate_that_opens_links_with_the_token()
    {
        var (token, _) = await _edge.IssueTokenAsync(_tunnel);
        using var key = PrivateKey.Create();

        using var response = await _edge.EnrolAsync(token, SigningRequest.Create(key, "docs.acme.tunnel.example.com"));
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

        var chain = CertificateFile.ParseChain(answer.GetProperty("certificate").GetString()!, "the answer");
        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(answer.GetProperty("tunnel").GetString(), Is.EqualTo(_tunnel));
            Assert.That(answer.GetProperty("label").GetString(), Is.EqualTo("acme"));
            Assert.That(answer.GetProperty("domain").GetString(), Is.EqualTo("acme.tunnel.example.com"));
            Assert.That(answer.GetProperty("notAfter").GetDateTimeOffset(), Is.EqualTo(_time.GetUtcNow().AddMinutes(-5).AddDays(30)));
            Assert.That(chain, Has.Count.EqualTo(2));
            Assert.That(key.Matches(chain[0]), Is.True);
            Assert.That(chain[0].Subject, Is.EqualTo($"CN={_tunnel}"), "What the request asked for counts for nothing.");
            Assert.That(LinkCertificateName.TunnelIdOf(chain[0]), Is.EqualTo(_tunnel));
        });
        var decision = await _edge.Checker.CheckAsync(
            new LinkRequest(_tunnel, token, "instance", 0, 1, "test", chain[0], "127.0.0.1"), CancellationToken.None);
        Assert.That((decision.Refusal, decision.Domain), Is.EqualTo(((TunnelCode?)null, "acme.tunnel.example.com")), decision.Detail);
    }

    [Test]
    public async Task Certificate_and_token_of_two_tunnels_open_no_link_either_way()
    {
        var other = await _edge.CreateTunnelAsync("other");
        var (token, _) = await _edge.IssueTokenAsync(_tunnel);
        var (otherToken, _) = await _edge.IssueTokenAsync(other);
        using var certificate = await EnrolAsync(token);

        Assert.That(await JudgeAsync(_tunnel, otherToken), Is.EqualTo(TunnelCode.IdentityMismatch));
        Assert.That(await JudgeAsync(other, otherToken), Is.EqualTo(TunnelCode.IdentityMismatch));
        Assert.That(await JudgeAsync(other, token), Is.EqualTo(TunnelCode.IdentityMismatch));
        Assert.That(await JudgeAsync("tnl_aaaaaaaaaaaaaaaa", token), Is.EqualTo(TunnelCode.IdentityMismatch));
        Assert.That(await JudgeAsync(_tunnel, "not a token"), Is.EqualTo(TunnelCode.TokenInvalid));
        Assert.That(await JudgeAsync(_tunnel, token), Is.Null);

        async Task<TunnelCode?> JudgeAsync(string tunnel, string shown) => (await _edge.Checker.CheckAsync(
            new LinkRequest(tunnel, shown, "instance", 0, 1, "test", certificate, "127.0.0.1"), CancellationToken.None)).Refusal;
    }

    [Test]
    public async Task A_token_is_good_for_enrolment_until_it_expires()
    {
        var (token, _) = await _edge.IssueTokenAsync(_tunnel, lifetimeSeconds: 3600);
        _time.Advance(TimeSpan.FromSeconds(3599));
        (await EnrolAsync(token)).Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));

        await EdgeApi.AssertProblemAsync(await _edge.EnrolAsync(token, EdgeApi.Csr()), TunnelCode.TokenExpired);
    }

    [Test]
    public async Task A_revoked_token_and_an_archived_tunnel_are_each_refused_with_their_code()
    {
        var (token, id) = await _edge.IssueTokenAsync(_tunnel);
        var (second, _) = await _edge.IssueTokenAsync(_tunnel);
        await _edge.CallAsync(HttpMethod.Post, $"/v1/tunnels/{_tunnel}/tokens/{id}/revoke");
        await EdgeApi.AssertProblemAsync(await _edge.EnrolAsync(token, EdgeApi.Csr()), TunnelCode.TokenRevoked);

        await _edge.CallAsync(HttpMethod.Post, $"/v1/tunnels/{_tunnel}/archive");
        await EdgeApi.AssertProblemAsync(await _edge.EnrolAsync(second, EdgeApi.Csr()), TunnelCode.TunnelArchived);
    }

    [Test]
    public async Task A_token_that_nobody_issued_is_refused_like_one_that_is_mistyped()
    {
        var forged = TunnelToken.Create(_tunnel, RandomNumberGenerator.GetBytes(SecretText.RandomBytes)).Reveal();

        await EdgeApi.AssertProblemAsync(await _edge.EnrolAsync(forged, EdgeApi.Csr()), TunnelCode.TokenInvalid);
        var detail = await EdgeApi.AssertProblemAsync(await _edge.EnrolAsync(forged[..^1], EdgeApi.Csr()), TunnelCode.TokenInvalid);
        Assert.That(detail, Does.Not.Contain(forged[10..40]));
    }

    [Test]
    public async Task Bad_signing_requests_are_refused_and_leave_no_certificate()
    {
        var (token, _) = await _edge.IssueTokenAsync(_tunnel);
        using var weak = RSA.Create(1024);
        using var p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        var good = EdgeApi.Csr();

        await EdgeApi.AssertProblemAsync(await _edge.EnrolAsync(token, "nonsense"), TunnelCode.SigningRequestInvalid);
        await EdgeApi.AssertProblemAsync(await _edge.EnrolAsync(token, good[..200]), TunnelCode.SigningRequestInvalid);
        await EdgeApi.AssertProblemAsync(await _edge.EnrolAsync(token, Tampered(good)), TunnelCode.SigningRequestInvalid);
        await EdgeApi.AssertProblemAsync(
            await _edge.EnrolAsync(token, new CertificateRequest("CN=x", weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem()),
            TunnelCode.KeyNotAccepted);
        await EdgeApi.AssertProblemAsync(
            await _edge.EnrolAsync(token, new CertificateRequest("CN=x", p521, HashAlgorithmName.SHA256).CreateSigningRequestPem()),
            TunnelCode.KeyNotAccepted);

        var list = await _edge.CallAsync(HttpMethod.Get, $"/v1/tunnels/{_tunnel}/certificates");
        Assert.That(list.GetProperty("items").GetArrayLength(), Is.Zero);
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{")]
    [TestCase("{\"token\":1,\"csr\":2}")]
    [TestCase("{\"token\":null,\"csr\":null}")]
    [TestCase("{\"token\":\"x\"}")]
    public async Task A_body_that_is_not_the_object_asked_for_is_refused(string body)
    {
        var response = await _edge.Http.PostAsync("/v1/enroll", new StringContent(body, Encoding.UTF8, "application/json"));

        await EdgeApi.AssertProblemAsync(response, TunnelCode.RequestMalformed);
    }

    [Test]
    public async Task A_body_of_another_type_is_refused() => await EdgeApi.AssertProblemAsync(
        await _edge.Http.PostAsync("/v1/enroll", new StringContent("token=x", Encoding.UTF8, "application/x-www-form-urlencoded")),
        TunnelCode.RequestMalformed,
        415);

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_body_of_64_KiB_is_read_and_one_byte_more_is_not(bool chunked)
    {
        var (token, _) = await _edge.IssueTokenAsync(_tunnel);
        var json = JsonSerializer.Serialize(new { token, csr = EdgeApi.Csr() });

        using var accepted = await PostAsync(json + new string(' ', (64 * 1024) - json.Length));
        Assert.That(accepted.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await EdgeApi.AssertProblemAsync(await PostAsync(json + new string(' ', (64 * 1024) - json.Length + 1)), TunnelCode.RequestBodyTooLarge);

        Task<HttpResponseMessage> PostAsync(string body)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/v1/enroll") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.TransferEncodingChunked = chunked;
            return _edge.Http.SendAsync(request);
        }
    }

    [Test]
    public async Task A_source_that_enrols_too_often_is_told_when_to_come_back()
    {
        await using var edge = await EdgeApi.StartAsync(_time, new EnrolmentOptions { Burst = 3, PerSourcePerSecond = 0.5 });
        for (var i = 0; i < 3; i++)
        {
            await EdgeApi.AssertProblemAsync(await edge.EnrolAsync("x", "y"), TunnelCode.TokenInvalid);
        }

        var refused = await edge.EnrolAsync("x", "y");
        Assert.That(refused.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(2)));
        await EdgeApi.AssertProblemAsync(refused, TunnelCode.RateLimited);

        _time.Advance(TimeSpan.FromSeconds(2));
        await EdgeApi.AssertProblemAsync(await edge.EnrolAsync("x", "y"), TunnelCode.TokenInvalid);
    }

    private static string Tampered(string csr)
    {
        var fields = PemEncoding.Find(csr);
        var data = Convert.FromBase64String(csr[fields.Base64Data]);
        data[^5] ^= 1;
        return PemEncoding.WriteString("CERTIFICATE REQUEST", data);
    }

    private async Task<X509Certificate2> EnrolAsync(string token)
    {
        using var response = await _edge.EnrolAsync(token, EdgeApi.Csr());
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(response.IsSuccessStatusCode, Is.True, text);
        return CertificateFile.ParseChain(JsonDocument.Parse(text).RootElement.GetProperty("certificate").GetString()!, "the answer")[0];
    }
}
