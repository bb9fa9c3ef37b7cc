using Microsoft.AspNetCore.Http;

namespace McpTunnel.Client.Authentication;

/// <summary>Accepts everybody, as the configuration says in so many words.</summary>
internal sealed class NoAuthentication : IAuthenticator
{
    public static readonly NoAuthentication Instance = new();

    public ValueTask<AuthenticationResult> AuthenticateAsync(HttpRequest request, ReadOnlyMemory<char> query, CancellationToken cancellationToken) =>
        ValueTask.FromResult(AuthenticationResult.Accept(Caller.Anonymous));
}
