namespace McpTunnel.Cli.Demo.Issuer;

/// <summary>What goes into an access token (RFC 9068).</summary>
/// <param name="Audiences">The servers the token is for (RFC 8707 resource indicators); one becomes a string, several an array.</param>
/// <param name="Subject">Who calls.</param>
/// <param name="ClientId">Through which OAuth client.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="Lifetime">From now until expiry.</param>
internal sealed record TokenClaims(
    IReadOnlyList<string> Audiences,
    string Subject,
    string ClientId,
    IReadOnlyList<string> Scopes,
    TimeSpan Lifetime);
