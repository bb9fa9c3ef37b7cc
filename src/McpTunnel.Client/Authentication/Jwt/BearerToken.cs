using Microsoft.Extensions.Primitives;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>Takes the token from a request (RFC 6750 section 2.1: the header, and nowhere else).</summary>
internal static class BearerToken
{
    /// <summary>The longest token that is looked at. Tokens with many groups reach 8 KiB.</summary>
    public const int MaxLength = 16 * 1024;

    private const string Scheme = "Bearer ";

    /// <summary>Finds the token without copying it: a call whose token was seen a moment ago needs no text of its own.</summary>
    public static BearerTokenFinding Find(StringValues authorization, out ReadOnlySpan<char> token)
    {
        token = default;
        if (authorization.Count == 0)
        {
            return BearerTokenFinding.None;
        }

        // Two lines could be understood in two ways: by us and by what stands behind.
        if (authorization.Count > 1 || authorization[0] is not { } value)
        {
            return BearerTokenFinding.Unusable;
        }

        if (!value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return BearerTokenFinding.None;
        }

        token = value.AsSpan(Scheme.Length).Trim(' ');
        return token.IsEmpty || token.Length > MaxLength || token.ContainsAnyExceptInRange('!', '~') || token.Contains(',')
            ? BearerTokenFinding.Unusable
            : BearerTokenFinding.Token;
    }

    /// <summary>Whether the query carries a token (RFC 6750 section 2.3), which would end up in logs on the way.</summary>
    public static bool IsInQuery(ReadOnlySpan<char> query)
    {
        foreach (var part in query.TrimStart('?').Split('&'))
        {
            if (query.TrimStart('?')[part].StartsWith("access_token=", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
