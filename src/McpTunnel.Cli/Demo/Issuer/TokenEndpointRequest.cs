using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.Cli.Demo.Issuer;

/// <summary>A request to the token endpoint (RFC 6749 section 4.4, RFC 8707).</summary>
internal sealed record TokenEndpointRequest(
    string GrantType, string ClientId, string ClientSecret, IReadOnlyList<string> Resources, IReadOnlyList<string> Scopes)
{
    public static async Task<TokenEndpointRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasFormContentType)
        {
            return new TokenEndpointRequest("", "", "", [], []);
        }

        var form = await request.ReadFormAsync(cancellationToken);
        var (id, secret) = BasicCredentials(request.Headers.Authorization.ToString()) ?? (form["client_id"].ToString(), form["client_secret"].ToString());
        return new TokenEndpointRequest(
            form["grant_type"].ToString(),
            id,
            secret,
            [.. form["resource"].OfType<string>()],
            form["scope"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The OAuth error code of a request that cannot be granted; null when it can.</summary>
    public string? Check(string clientId, string clientSecret, TokenIssuerOptions options)
    {
        if (GrantType.Length == 0)
        {
            return "invalid_request";
        }

        if (GrantType != "client_credentials")
        {
            return "unsupported_grant_type";
        }

        if (ClientId != clientId
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(ClientSecret), Encoding.UTF8.GetBytes(clientSecret)))
        {
            return "invalid_client";
        }

        // Without a resource the token would be for nobody in particular.
        if (Resources.Count == 0 || Resources.Any(resource => !Uri.IsWellFormedUriString(resource, UriKind.Absolute) || options.AllowsResource?.Invoke(resource) == false))
        {
            return "invalid_target";
        }

        return Scopes.Any(scope => !options.Scopes.Contains(scope)) ? "invalid_scope" : null;
    }

    private static (string Id, string Secret)? BasicCredentials(string header)
    {
        if (!AuthenticationHeaderValue.TryParse(header, out var value)
            || !string.Equals(value.Scheme, "Basic", StringComparison.OrdinalIgnoreCase)
            || value.Parameter is not { } parameter)
        {
            return null;
        }

        var bytes = new byte[parameter.Length];
        if (!Convert.TryFromBase64String(parameter, bytes, out var length))
        {
            return null;
        }

        var pair = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return pair.Length == 2 ? (Uri.UnescapeDataString(pair[0]), Uri.UnescapeDataString(pair[1])) : null;
    }
}
