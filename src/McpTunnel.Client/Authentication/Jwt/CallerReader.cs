using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>Reads a <see cref="Caller"/> from a token whose signature was checked.</summary>
internal static class CallerReader
{
    /// <summary>Links of an <c>act</c> chain that are looked at.</summary>
    private const int MaxActors = 8;

    public static Caller Read(JsonWebToken token)
    {
        var clientId = Text(token, "client_id") ?? Text(token, "azp") ?? Text(token, "appid");
        var subject = Text(token, "sub") ?? clientId ?? "";
        return new Caller(
            KindOf(subject, clientId),
            token.Issuer,
            subject,
            Hash(token.Issuer, subject),
            clientId,
            Scopes(token),
            Actors(token),
            Text(token, "jti") is { } id ? Hash(token.Issuer, id) : null,
            new DateTimeOffset(token.ValidTo, TimeSpan.Zero));
    }

    /// <summary>Of <c>scope</c> (RFC 8693 section 4.2) or <c>scp</c>, as one text or as a list.</summary>
    public static IReadOnlyList<string> Scopes(JsonWebToken token) => Words(token, "scope") ?? Words(token, "scp") ?? [];

    private static CallerKind KindOf(string subject, string? clientId) =>
        clientId is null ? CallerKind.Human
        : clientId == subject ? CallerKind.Workload
        : CallerKind.AgentForHuman;

    private static List<string> Actors(JsonWebToken token)
    {
        var actors = new List<string>();
        if (token.TryGetPayloadValue<JsonElement>("act", out var actor))
        {
            while (actors.Count < MaxActors && actor.ValueKind == JsonValueKind.Object)
            {
                if (actor.TryGetProperty("sub", out var subject) && subject.ValueKind == JsonValueKind.String)
                {
                    actors.Add(subject.GetString()!);
                }

                if (!actor.TryGetProperty("act", out actor))
                {
                    break;
                }
            }
        }

        return actors;
    }

    private static string? Text(JsonWebToken token, string claim) => token.TryGetPayloadValue<string>(claim, out var value) ? value : null;

    private static string[]? Words(JsonWebToken token, string claim)
    {
        // The token hands out arrays and objects as elements, and a text only as a text.
        if (!token.TryGetPayloadValue<JsonElement>(claim, out var value))
        {
            return Text(token, claim)?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }

        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]
            : null;
    }

    private static string Hash(string issuer, string value)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{issuer}\n{value}"), hash);
        return Convert.ToHexStringLower(hash[..8]);
    }
}
