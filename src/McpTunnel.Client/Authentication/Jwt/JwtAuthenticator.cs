using McpTunnel.Client.Configuration;
using McpTunnel.Protocol.Codes;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>
/// Checks JWT access tokens of one issuer for one server (RFC 9068, RFC 8725): issuer exact, signed by a published asymmetric key,
/// for this server, in its lifetime, with all scopes, and not bound to a key
/// (RFC 7800) whose possession nobody here could check. What can be judged without keys is judged first, so that a made-up
/// token costs no fetch. Thread-safe.
/// </summary>
internal sealed class JwtAuthenticator : IAuthenticator
{
    /// <summary>How far clocks may differ.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);

    private const string NoTokenDetail = "Send an access token in the Authorization header. The WWW-Authenticate header says where to get one.";

    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
    ];

    private readonly string _issuer;
    private readonly AudienceRule _audience;
    private readonly IReadOnlyList<string> _requiredScopes;
    private readonly Challenge _challenge;
    private readonly IssuerKeySource _keys;
    private readonly TokenCache _cache;
    private readonly TimeProvider _time;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = BearerToken.MaxLength };

    /// <param name="options">The server's authentication.</param>
    /// <param name="audiences">Values of <c>aud</c> that mean the server, where the options name none.</param>
    /// <param name="metadataUrl">The server's protected resource metadata.</param>
    /// <param name="keys">The issuer's keys.</param>
    /// <param name="time">The clock.</param>
    public JwtAuthenticator(AuthenticationOptions options, IReadOnlyList<string> audiences, string metadataUrl, IssuerKeySource keys, TimeProvider time)
    {
        _issuer = options.Issuer!.OriginalString;
        _audience = new AudienceRule(options.Audiences.Count > 0 ? options.Audiences : audiences);
        _requiredScopes = options.RequiredScopes;
        _challenge = new Challenge(metadataUrl, options.RequiredScopes);
        _keys = keys;
        _cache = new TokenCache(time);
        _time = time;
    }

    /// <summary>Why the issuer's keys could not be fetched last time; null when they could.</summary>
    public string? IssuerProblem => _keys.Problem;

    public ValueTask<AuthenticationResult> AuthenticateAsync(HttpRequest request, ReadOnlyMemory<char> query, CancellationToken cancellationToken)
    {
        if (BearerToken.IsInQuery(query.Span))
        {
            return new(Malformed("An access token in the URL is not accepted; send it in the Authorization header"));
        }

        switch (BearerToken.Find(request.Headers.Authorization, out var token))
        {
            case BearerTokenFinding.None:
                return new(AuthenticationResult.Refuse(TunnelCode.AuthenticationRequired, NoTokenDetail, _challenge.Required));
            case BearerTokenFinding.Unusable:
                return new(Malformed("The Authorization header is not one Bearer token"));
            default:
                var key = TokenKey.Of(token);
                return _keys.Current is { } keys && _cache.TryGet(key, keys.Epoch, out var caller)
                    ? new(AuthenticationResult.Accept(caller))
                    : new(JudgeAsync(token.ToString(), key, cancellationToken));
        }
    }

    private async Task<AuthenticationResult> JudgeAsync(string text, TokenKey key, CancellationToken cancellationToken)
    {
        if (Read(text) is not { } token)
        {
            return Invalid("The token is not a JWT");
        }

        if (FaultWithoutKeys(token) is { } early)
        {
            return Invalid(early);
        }

        IssuerKeys keys;
        try
        {
            keys = await _keys.GetAsync(cancellationToken);
            if (keys.For(token.Kid).Count == 0)
            {
                keys = await _keys.RefreshForUnknownKeyAsync(keys, cancellationToken);
            }
        }
        catch (IssuerUnavailableException exception)
        {
            return AuthenticationResult.Refuse(
                TunnelCode.AuthenticationUnavailable, "The issuer's keys cannot be fetched at the moment, so no token can be checked. Try again.", challenge: null, exception.Message);
        }

        if (await FaultAsync(token, keys.For(token.Kid)) is { } fault)
        {
            return Invalid(fault);
        }

        var caller = CallerReader.Read(token);
        if (_requiredScopes.Any(scope => !caller.Scopes.Contains(scope)))
        {
            return AuthenticationResult.Refuse(
                TunnelCode.InsufficientScope, $"This server needs the scopes: {string.Join(' ', _requiredScopes)}.", _challenge.InsufficientScope);
        }

        if (caller.ExpiresAt > _time.GetUtcNow())
        {
            _cache.Add(key, keys.Epoch, caller);
        }

        return AuthenticationResult.Accept(caller);
    }

    private static JsonWebToken? Read(string text)
    {
        try
        {
            var token = new JsonWebToken(text);
            return token.IsEncrypted ? null : token;
        }
        catch (Exception exception) when (exception is ArgumentException or SecurityTokenException)
        {
            return null;
        }
    }

    private string? FaultWithoutKeys(JsonWebToken token)
    {
        // Every claim is read here once: what cannot be read is a fault of the token, not of the server.
        try
        {
            var now = _time.GetUtcNow().UtcDateTime;
            return !Algorithms.Contains(token.Alg, StringComparer.Ordinal) ? "The token's algorithm is not accepted"
                : !IsAccessTokenType(token.Typ) ? "The token is not an access token"
                : token.TryGetHeaderValue<object>("crit", out _) ? "The token has critical extensions that are not known"
                : token.TryGetPayloadValue<object>("cnf", out _) ? "The token is bound to a key of its holder (cnf), which this server cannot check; ask the issuer for one that is not"
                : token.Issuer != _issuer ? "The token comes from another issuer"
                : !_audience.Accepts(token.Audiences) ? "The token is for another server"
                : !token.TryGetPayloadValue<long>("exp", out _) ? "The token has no expiry"
                : token.ValidTo + ClockSkew <= now ? "The token has expired"
                : token.ValidFrom != DateTime.MinValue && token.ValidFrom - ClockSkew > now ? "The token is not valid yet"
                : null;
        }
        catch (Exception exception) when (exception is ArgumentException or SecurityTokenException or FormatException or InvalidOperationException or OverflowException)
        {
            return "The token's claims cannot be read";
        }
    }

    /// <summary>Checks the signature, and everything else a second time with the library's own eyes.</summary>
    private async Task<string?> FaultAsync(JsonWebToken token, IReadOnlyList<SecurityKey> keys)
    {
        if (keys.Count == 0)
        {
            return "The token is signed by a key that its issuer does not publish";
        }

        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = _issuer,
            AudienceValidator = (audiences, _, _) => _audience.Accepts(audiences),
            ValidAlgorithms = Algorithms,
            RequireSignedTokens = true,
            IssuerSigningKeys = keys,
            TryAllIssuerSigningKeys = true,

            // Judged above by the injected clock.
            ValidateLifetime = false,
        });
        return result.IsValid ? null : "The token's signature is not valid";
    }

    private static bool IsAccessTokenType(string? type) =>
        string.IsNullOrEmpty(type)
        || type.Equals("JWT", StringComparison.OrdinalIgnoreCase)
        || type.Equals("at+jwt", StringComparison.OrdinalIgnoreCase)
        || type.Equals("application/at+jwt", StringComparison.OrdinalIgnoreCase);

    private AuthenticationResult Invalid(string description) =>
        AuthenticationResult.Refuse(TunnelCode.InvalidToken, description + ".", _challenge.InvalidToken(description), description);

    private AuthenticationResult Malformed(string description) =>
        AuthenticationResult.Refuse(TunnelCode.RequestMalformed, description + ".", _challenge.InvalidRequest(description));
}
