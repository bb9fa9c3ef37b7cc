using System.Text.Json;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>Reads the boundary's own answers.</summary>
internal static class Problem
{
    /// <summary>The code of a problem document; null for anything else.</summary>
    public static async Task<string?> CodeAsync(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return null;
        }

        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return document.RootElement.GetProperty("code").GetString();
    }
}
