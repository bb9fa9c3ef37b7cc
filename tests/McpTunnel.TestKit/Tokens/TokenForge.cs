using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using McpTunnel.Cli.Demo.Issuer;
using Microsoft.IdentityModel.Tokens;

namespace McpTunnel.TestKit.Tokens;

/// <summary>Puts tokens together byte by byte, since a library would refuse to make the bad ones.</summary>
internal static class TokenForge
{
    public static JsonObject Claims(
        string issuer, IReadOnlyList<string> audiences, IReadOnlyList<string> scopes, DateTimeOffset now, TimeSpan lifetime) => new()
        {
            ["iss"] = issuer,
            ["aud"] = audiences.Count == 1 ? JsonValue.Create(audiences[0]) : new JsonArray([.. audiences.Select(audience => JsonValue.Create(audience))]),
            ["sub"] = "test-agent",
            ["client_id"] = TokenIssuerOptions.ClientId,
            ["scope"] = string.Join(' ', scopes),
            ["jti"] = Guid.NewGuid().ToString("N"),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + lifetime).ToUnixTimeSeconds(),
        };

    public static string Sign(JsonObject claims, ECDsaSecurityKey key) => Sign(claims, key.KeyId, key);

    public static string Bad(BadToken kind, JsonObject claims, ECDsaSecurityKey key, DateTimeOffset now)
    {
        switch (kind)
        {
            case BadToken.WrongIssuer:
                claims["iss"] = "https://somebody-else.example";
                return Sign(claims, key);
            case BadToken.WrongAudience:
                claims["aud"] = "https://another-server.example/mcp";
                return Sign(claims, key);
            case BadToken.NoAudience:
                claims.Remove("aud");
                return Sign(claims, key);
            case BadToken.Expired:
                claims["iat"] = now.AddHours(-2).ToUnixTimeSeconds();
                claims["nbf"] = now.AddHours(-2).ToUnixTimeSeconds();
                claims["exp"] = now.AddHours(-1).ToUnixTimeSeconds();
                return Sign(claims, key);
            case BadToken.NotYetValid:
                claims["nbf"] = now.AddHours(1).ToUnixTimeSeconds();
                claims["exp"] = now.AddHours(2).ToUnixTimeSeconds();
                return Sign(claims, key);
            case BadToken.NoExpiry:
                claims.Remove("exp");
                return Sign(claims, key);
            case BadToken.WrongType:
                return Sign(new JsonObject { ["alg"] = "ES256", ["typ"] = "logout+jwt", ["kid"] = key.KeyId }, claims, key);
            case BadToken.CriticalExtension:
                return Sign(
                    new JsonObject { ["alg"] = "ES256", ["typ"] = "at+jwt", ["kid"] = key.KeyId, ["crit"] = new JsonArray("unheard-of"), ["unheard-of"] = 1 }, claims, key);
            case BadToken.AlgorithmNone:
                return Content("none", key.KeyId, claims) + ".";
            case BadToken.Hmac:
                return Hmac(claims, key.KeyId, RandomNumberGenerator.GetBytes(32));
            case BadToken.HmacWithPublicKey:
                return Hmac(claims, key.KeyId, key.ECDsa.ExportSubjectPublicKeyInfo());
            case BadToken.UnknownKey:
                return Sign(claims, IssuerKeys.NewKey());
            case BadToken.ForgedSignature:
                return Sign(claims, key.KeyId, IssuerKeys.NewKey());
            case BadToken.ChangedClaims:
                var signature = Sign(claims, key).Split('.')[2];
                claims["sub"] = "somebody-more-important";
                return Content("ES256", key.KeyId, claims) + "." + signature;
            case BadToken.Bound:
                claims["cnf"] = new JsonObject { ["jkt"] = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" };
                return Sign(claims, key);
            case BadToken.Truncated:
                return Content("ES256", key.KeyId, claims);
            case BadToken.Garbage:
                return "not-a-token";
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "No recipe for this kind of bad token.");
        }
    }

    private static string Sign(JsonObject claims, string keyId, ECDsaSecurityKey key) => Sign(Header("ES256", keyId), claims, key);

    private static string Sign(JsonObject header, JsonObject claims, ECDsaSecurityKey key)
    {
        var content = Content(header, claims);
        return content + "." + Base64UrlEncoder.Encode(key.ECDsa.SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256));
    }

    private static string Hmac(JsonObject claims, string keyId, byte[] secret)
    {
        var content = Content("HS256", keyId, claims);
        return content + "." + Base64UrlEncoder.Encode(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(content)));
    }

    private static string Content(string algorithm, string keyId, JsonObject claims) => Content(Header(algorithm, keyId), claims);

    private static string Content(JsonObject header, JsonObject claims) =>
        Base64UrlEncoder.Encode(header.ToJsonString()) + "." + Base64UrlEncoder.Encode(claims.ToJsonString());

    private static JsonObject Header(string algorithm, string keyId) => new() { ["alg"] = algorithm, ["typ"] = "at+jwt", ["kid"] = keyId };
}
