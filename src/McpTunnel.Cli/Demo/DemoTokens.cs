using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using McpTunnel.Cli.Demo.Issuer;

namespace McpTunnel.Cli.Demo;

/// <summary>Gets access tokens as an agent does: client credentials, one resource indicator (RFC 8707) for each server.</summary>
internal static class DemoTokens
{
    public static async Task<string> RequestAsync(
        HttpClient http, TokenIssuer issuer, IReadOnlyList<string> resources, string scope, CancellationToken cancellationToken)
    {
        KeyValuePair<string, string>[] form =
        [
            new("grant_type", "client_credentials"),
            new("scope", scope),
            .. resources.Select(resource => KeyValuePair.Create("resource", resource)),
        ];
        using var request = new HttpRequestMessage(HttpMethod.Post, issuer.TokenEndpoint) { Content = new FormUrlEncodedContent(form) };
        var credentials = Encoding.UTF8.GetBytes($"{TokenIssuerOptions.ClientId}:{issuer.ClientSecret}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(credentials));
        using var response = await http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        return answer.RootElement.GetProperty("access_token").GetString()!;
    }
}
