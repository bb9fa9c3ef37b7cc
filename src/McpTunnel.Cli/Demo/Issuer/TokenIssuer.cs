using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace McpTunnel.Cli.Demo.Issuer;

/// <summary>
/// A small OAuth authorization server on loopback, so that a demo needs no identity provider: OpenID discovery, RFC 8414
/// metadata, a JWK set, and a token endpoint for client credentials with RFC 8707 resource indicators. Keys and the client
/// secret are made at start, live in memory and are gone with the process.
/// </summary>
internal sealed class TokenIssuer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TokenIssuerOptions _options;
    private readonly TimeProvider _time;

    private TokenIssuer(WebApplication app, TokenIssuerOptions options, IssuerKeys keys, TimeProvider time)
    {
        _app = app;
        _options = options;
        _time = time;
        Keys = keys;
    }

    /// <summary>The issuer identifier, without a trailing slash.</summary>
    public string Issuer { get; private set; } = "";

    public Uri TokenEndpoint => new(Issuer + "/token");

    /// <summary>The secret of <see cref="TokenIssuerOptions.ClientId"/>, random for every start.</summary>
    public string ClientSecret { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    public IssuerKeys Keys { get; }

    public int Port => new Uri(Issuer).Port;

    /// <summary>Listens; <paramref name="keys"/> are made new when null, and given ones survive a restart of the issuer.</summary>
    public static async Task<TokenIssuer> StartAsync(
        TokenIssuerOptions options, IssuerKeys? keys, TimeProvider time, ILoggerFactory? logging, CancellationToken cancellationToken)
    {
        var app = LoopbackApp.Build(options.Port, logging);
        var issuer = new TokenIssuer(app, options, keys ?? new IssuerKeys(), time);
        if (options.Observe is { } observe)
        {
            app.Use(next => context => observe(context, next));
        }

        app.MapGet("/.well-known/openid-configuration", issuer.WriteMetadataAsync);
        app.MapGet("/.well-known/oauth-authorization-server", issuer.WriteMetadataAsync);
        app.MapGet("/jwks", issuer.WriteKeysAsync);
        app.MapPost("/token", issuer.AnswerTokenRequestAsync);
        await app.StartAsync(cancellationToken);
        issuer.Issuer = LoopbackApp.AddressOf(app).GetLeftPart(UriPartial.Authority);
        return issuer;
    }

    /// <summary>Signs a token with the newest key, without a request.</summary>
    public string CreateToken(TokenClaims claims)
    {
        var now = _time.GetUtcNow();
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = "at+jwt",
            Issuer = Issuer,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + claims.Lifetime).UtcDateTime,
            SigningCredentials = new SigningCredentials(Keys.Current, SecurityAlgorithms.EcdsaSha256),
            Claims = new Dictionary<string, object>
            {
                ["aud"] = claims.Audiences.Count == 1 ? claims.Audiences[0] : claims.Audiences,
                ["sub"] = claims.Subject,
                ["client_id"] = claims.ClientId,
                ["scope"] = string.Join(' ', claims.Scopes),
                ["jti"] = Guid.NewGuid().ToString("N"),
            },
        });
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task WriteMetadataAsync(HttpContext context) => WriteJsonAsync(context, StatusCodes.Status200OK, new JsonObject
    {
        ["issuer"] = Issuer,
        ["token_endpoint"] = TokenEndpoint.AbsoluteUri,
        ["jwks_uri"] = Issuer + "/jwks",
        ["authorization_endpoint"] = Issuer + "/authorize",
        ["grant_types_supported"] = new JsonArray("client_credentials"),
        ["response_types_supported"] = new JsonArray("token"),
        ["subject_types_supported"] = new JsonArray("public"),
        ["id_token_signing_alg_values_supported"] = new JsonArray("ES256"),
        ["token_endpoint_auth_methods_supported"] = new JsonArray("client_secret_basic", "client_secret_post"),
        ["scopes_supported"] = new JsonArray([.. _options.Scopes.Select(scope => JsonValue.Create(scope))]),
    });

    private Task WriteKeysAsync(HttpContext context)
    {
        var keys = new JsonArray();
        foreach (var key in Keys.Published)
        {
            var point = key.ECDsa.ExportParameters(includePrivateParameters: false).Q;
            keys.Add(new JsonObject
            {
                ["kty"] = "EC",
                ["crv"] = "P-256",
                ["use"] = "sig",
                ["alg"] = "ES256",
                ["kid"] = key.KeyId,
                ["x"] = Base64UrlEncoder.Encode(point.X),
                ["y"] = Base64UrlEncoder.Encode(point.Y),
            });
        }

        return WriteJsonAsync(context, StatusCodes.Status200OK, new JsonObject { ["keys"] = keys });
    }

    private async Task AnswerTokenRequestAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        var request = await TokenEndpointRequest.ReadAsync(context.Request, context.RequestAborted);
        var error = request.Check(TokenIssuerOptions.ClientId, ClientSecret, _options);
        if (error is not null)
        {
            var status = error == "invalid_client" ? StatusCodes.Status401Unauthorized : StatusCodes.Status400BadRequest;
            await WriteJsonAsync(context, status, new JsonObject { ["error"] = error });
            return;
        }

        var scopes = request.Scopes.Count > 0 ? request.Scopes : _options.Scopes;
        var token = CreateToken(new TokenClaims(request.Resources, TokenIssuerOptions.ClientId, TokenIssuerOptions.ClientId, scopes, _options.TokenLifetime));
        await WriteJsonAsync(context, StatusCodes.Status200OK, new JsonObject
        {
            ["access_token"] = token,
            ["token_type"] = "Bearer",
            ["expires_in"] = (long)_options.TokenLifetime.TotalSeconds,
            ["scope"] = string.Join(' ', scopes),
        });
    }

    private static Task WriteJsonAsync(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }
}
