namespace McpTunnel.Registry.Credentials;

/// <summary>What is known of a tunnel token: never the token.</summary>
/// <param name="Id">Its id, <c>tok_…</c>.</param>
/// <param name="TunnelId">Its tunnel.</param>
/// <param name="Hash">SHA-256 of the token, lower-case hexadecimal.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Expires">From when on it is not accepted; null for never.</param>
/// <param name="Revoked">When it was revoked; null when it was not.</param>
public sealed record TunnelTokenRecord(
    string Id, string TunnelId, string Hash, DateTimeOffset Created, DateTimeOffset? Expires, DateTimeOffset? Revoked)
{
    /// <summary>Whether a link may register with it at this time.</summary>
    public bool IsValid(DateTimeOffset now) => Revoked is null && !(now >= Expires);
}
