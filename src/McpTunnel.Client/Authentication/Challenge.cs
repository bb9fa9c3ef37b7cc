namespace McpTunnel.Client.Authentication;

/// <summary>
/// A server's <c>WWW-Authenticate</c> lines (RFC 6750 section 3, RFC 9728 section 5.1). Every one names the metadata document and
/// all scopes that a call needs, so that an agent asks for a token once. Immutable.
/// </summary>
internal sealed class Challenge
{
    private readonly string _parameters;

    public Challenge(string metadataUrl, IReadOnlyList<string> scopes)
    {
        _parameters = scopes.Count == 0
            ? $"resource_metadata=\"{metadataUrl}\""
            : $"resource_metadata=\"{metadataUrl}\", scope=\"{string.Join(' ', scopes)}\"";
        Required = "Bearer " + _parameters;
        InsufficientScope = WithError("insufficient_scope", "The token lacks a scope that this server needs");
    }

    /// <summary>For a request without a token: no error, since nothing was wrong with it (RFC 6750 section 3.1).</summary>
    public string Required { get; }

    public string InsufficientScope { get; }

    /// <param name="description">Printable ASCII without quotes and backslashes; no part of the token.</param>
    public string InvalidToken(string description) => WithError("invalid_token", description);

    /// <inheritdoc cref="InvalidToken"/>
    public string InvalidRequest(string description) => WithError("invalid_request", description);

    private string WithError(string error, string description) => $"Bearer error=\"{error}\", error_description=\"{description}\", {_parameters}";
}
