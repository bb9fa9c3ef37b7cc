using Microsoft.AspNetCore.Http;

namespace McpTunnel.Client.Authentication;

/// <summary>Judges the callers of one server. Thread-safe.</summary>
internal interface IAuthenticator
{
    /// <summary>Who calls, or why not. Completes at once when the token was seen a moment ago.</summary>
    /// <param name="request">The request; its body is not touched.</param>
    /// <param name="query">The raw query, with its question mark; empty without one.</param>
    /// <param name="cancellationToken">Ends waiting for the issuer.</param>
    ValueTask<AuthenticationResult> AuthenticateAsync(HttpRequest request, ReadOnlyMemory<char> query, CancellationToken cancellationToken);
}
