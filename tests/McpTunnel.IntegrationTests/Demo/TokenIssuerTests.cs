using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using McpTunnel.TestKit.Tokens;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace McpTunnel.IntegrationTests.Demo;

/// <summary>The issuer judged by a stock OpenID Connect library: its tokens must be good, its bad ones bad for the named reason.</summary>
[CancelAfter(30_000)]
public sealed class TokenIssuerTests
{
    private const string Audience = "https://docs.acme.example/mcp";

    private static readonly HttpClient Http = new();

    private TestIssuer _issuer = null!;

    [SetUp]
    public async Task SetUp() => _issuer = await TestIssuer.StartAsync();

    [TearDown]
    public async Task TearDown() => await _issuer.DisposeAsync();

    [Test]
    public async Task Token_endpoint_with_client_credentials_grants_a_token_for_the_resource(CancellationToken cancellationToken)
    {
        using var response = await RequestTokenAsync(_issuer.ClientSecret, new() { ["grant_type"] = "client_credentials", ["resource"] = Audience }, cancellationToken);

        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        var result = await ValidateAsync(answer.GetProperty("access_token").GetString()!, cancellationToken);
        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Headers.CacheControl?.NoStore, Is.True);
            Assert.That(result.IsValid, Is.True, result.Exception?.Message);
            Assert.That(result.Claims["scope"], Is.EqualTo("mcp:tools"));
        });
    }

    [TestCase("wrong", "client_credentials", Audience, "", "invalid_client", HttpStatusCode.Unauthorized)]
    [TestCase(null, "password", Audience, "", "unsupported_grant_type", HttpStatusCode.BadRequest)]
    [TestCase(null, "client_credentials", "not a url", "", "invalid_target", HttpStatusCode.BadRequest)]
    [TestCase(null, "client_credentials", Audience, "everything", "invalid_scope", HttpStatusCode.BadRequest)]
    public async Task Token_endpoint_refuses_with_the_oauth_error(
        string? secret, string grant, string resource, string scope, string error, HttpStatusCode status, CancellationToken cancellationToken)
    {
        using var response = await RequestTokenAsync(
            secret ?? _issuer.ClientSecret, new() { ["grant_type"] = grant, ["resource"] = resource, ["scope"] = scope }, cancellationToken);

        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        Assert.That((response.StatusCode, answer.GetProperty("error").GetString()), Is.EqualTo((status, error)));
    }

    [TestCaseSource(nameof(AllBadTokens))]
    public async Task Bad_token_is_refused_by_a_stock_validator(BadToken kind, CancellationToken cancellationToken)
    {
        var good = await ValidateAsync(_issuer.CreateToken(Audience), cancellationToken);
        var bad = await ValidateAsync(_issuer.CreateBadToken(kind, Audience), cancellationToken);

        Assert.That((good.IsValid, bad.IsValid), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task RotateKeys_without_the_old_key_makes_old_tokens_bad(CancellationToken cancellationToken)
    {
        var old = _issuer.CreateToken(Audience);

        _issuer.RotateKeys(keepOld: false);

        var oldResult = await ValidateAsync(old, cancellationToken);
        var newResult = await ValidateAsync(_issuer.CreateToken(Audience), cancellationToken);
        Assert.That((oldResult.IsValid, newResult.IsValid), Is.EqualTo((false, true)));
    }

    [Test]
    public async Task ComeBack_after_going_down_keeps_issuer_and_keys(CancellationToken cancellationToken)
    {
        var token = _issuer.CreateToken(Audience);
        await _issuer.GoDownAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => Http.GetAsync(new Uri(_issuer.Issuer + "/jwks"), cancellationToken));

        await _issuer.ComeBackAsync();

        Assert.That((await ValidateAsync(token, cancellationToken)).IsValid, Is.True);
        Assert.That(_issuer.RequestsOf("/jwks"), Is.EqualTo(1));
    }

    /// <summary>All but those that stock validators take: they overlook critical extensions and the binding of a token to its sender.</summary>
    private static BadToken[] AllBadTokens() => [.. Enum.GetValues<BadToken>().Where(kind => kind is not (BadToken.CriticalExtension or BadToken.Bound))];

    private async Task<TokenValidationResult> ValidateAsync(string token, CancellationToken cancellationToken)
    {
        var retriever = new HttpDocumentRetriever(Http) { RequireHttps = false };
        var configuration = await OpenIdConnectConfigurationRetriever.GetAsync(_issuer.Issuer + "/.well-known/openid-configuration", retriever, cancellationToken);
        return await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = configuration.Issuer,
            ValidAudience = Audience,
            IssuerSigningKeys = configuration.SigningKeys,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidTypes = ["at+jwt"],
        });
    }

    private async Task<HttpResponseMessage> RequestTokenAsync(string secret, Dictionary<string, string> form, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _issuer.TokenEndpoint) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{TestIssuer.ClientId}:{secret}")));
        return await Http.SendAsync(request, cancellationToken);
    }
}
