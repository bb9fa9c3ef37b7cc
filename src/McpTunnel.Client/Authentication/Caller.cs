namespace McpTunnel.Client.Authentication;

/// <summary>Who makes a call, from the authentication step on. Holds nothing that could be replayed. Immutable; shared by calls with the same token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Issuer">Who vouches; empty for an anonymous caller.</param>
/// <param name="Subject">The issuer's name for it.</param>
/// <param name="SubjectHash">The first 16 hexadecimal digits of SHA-256 over issuer and subject, for logs.</param>
/// <param name="ClientId">The OAuth client; null when the token does not say.</param>
/// <param name="Scopes">What the token allows.</param>
/// <param name="Actors">Subjects of the <c>act</c> chain (RFC 8693 section 4.1), outermost first.</param>
/// <param name="TokenIdHash">The first 16 hexadecimal digits of SHA-256 over issuer and <c>jti</c>; null without one.</param>
/// <param name="ExpiresAt">When the token ends.</param>
public sealed record Caller(
    CallerKind Kind,
    string Issuer,
    string Subject,
    string SubjectHash,
    string? ClientId,
    IReadOnlyList<string> Scopes,
    IReadOnlyList<string> Actors,
    string? TokenIdHash,
    DateTimeOffset ExpiresAt)
{
    /// <summary>The caller of a server that asks nobody.</summary>
    public static readonly Caller Anonymous = new(CallerKind.Anonymous, "", "", "", null, [], [], null, DateTimeOffset.MaxValue);
}
