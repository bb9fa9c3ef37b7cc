using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using McpTunnel.TestKit.Tokens;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>Who has no good token is told where to get one, and nothing reaches the private server.</summary>
[CancelAfter(120_000)]
public sealed class ChallengeTests
{
    private const string ToolsList = """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""";

    private TunnelFixture _path = null!;
    private Uri _url = null!;
    private HttpClient _http = null!;

    [OneTimeSetUp]
    public async Task StartPath()
    {
        _path = await TunnelFixture.StartAsync(new TunnelFixtureOptions { Servers = [new("docs"), new("files")], RecordWires = true });
        _url = _path.Tunnel.UrlOf("docs");
        _http = _path.CreateHttpClient();
    }

    [OneTimeTearDown]
    public async Task StopPath()
    {
        _http.Dispose();
        await _path.DisposeAsync();
    }

    [Test]
    public async Task Call_without_a_token_gets_a_challenge_that_leads_to_the_issuer(CancellationToken cancellationToken)
    {
        using var response = await PostAsync(null, cancellationToken);

        var challenge = response.Headers.WwwAuthenticate.Single();
        var metadataUrl = new Uri(_url, "/.well-known/oauth-protected-resource/mcp");
        var metadata = JsonDocument.Parse(await _http.GetByteArrayAsync(metadataUrl, cancellationToken)).RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(challenge.Scheme, Is.EqualTo("Bearer"));
            Assert.That(challenge.Parameter, Does.Contain($"resource_metadata=\"{metadataUrl}\"").And.Contain("scope=\"mcp:tools\"").And.Not.Contain("error="));
            Assert.That(metadata.GetProperty("resource").GetString(), Is.EqualTo(_url.AbsoluteUri));
            Assert.That(metadata.GetProperty("authorization_servers")[0].GetString(), Is.EqualTo(_path.Issuer.Issuer));
        });
    }

    [TestCaseSource(nameof(AllBadTokens))]
    public async Task Bad_token_is_refused_as_invalid_and_reaches_nobody(BadToken kind, CancellationToken cancellationToken)
    {
        var before = _path.UpstreamWire!.FromClient.Length;

        using var response = await PostAsync(_path.Issuer.CreateBadToken(kind, _url.AbsoluteUri), cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(response.Headers.WwwAuthenticate.Single().Parameter, Does.Contain("error=\"invalid_token\""));
            Assert.That(_path.UpstreamWire.FromClient.Length, Is.EqualTo(before));
        });
    }

    [Test]
    public async Task A4_token_for_another_server_of_the_same_tunnel_is_refused(CancellationToken cancellationToken)
    {
        using var response = await PostAsync(_path.TokenFor(_path.Tunnel.UrlOf("files")), cancellationToken);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task A3_token_without_the_scope_is_told_which_scope_it_needs(CancellationToken cancellationToken)
    {
        using var response = await PostAsync(_path.TokenFor(_url, "something:else"), cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
            Assert.That(response.Headers.WwwAuthenticate.Single().Parameter, Does.Contain("error=\"insufficient_scope\"").And.Contain("scope=\"mcp:tools\""));
        });
    }

    private static BadToken[] AllBadTokens() => Enum.GetValues<BadToken>();

    private Task<HttpResponseMessage> PostAsync(string? token, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new StringContent(ToolsList, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return _http.SendAsync(request, cancellationToken);
    }
}
