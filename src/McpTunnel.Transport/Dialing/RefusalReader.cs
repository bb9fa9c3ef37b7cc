using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Transport.Dialing;

/// <summary>Reads what was answered in place of a link, with a bound: the edge's problem document, or something that is no edge's.</summary>
internal static class RefusalReader
{
    private const int MaxProblemBytes = 16 * 1024;

    public static async Task<Exception> ReadAsync(HttpResponseMessage response, string edge, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxProblemBytes, cancellationToken);
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            if (problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String)
            {
                var detail = problem.TryGetProperty("detail", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
                return Refusal(code.GetString()!, detail, response, edge);
            }
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or InvalidOperationException)
        {
            // Not a problem document: said below.
        }

        return new LinkConnectException(
            $"{edge}: answered HTTP {(int)response.StatusCode} in place of a link. Is this address the edge's, and does a proxy on the way let upgrades pass?")
        { Fault = LinkConnectFault.UpgradeLost };
    }

    private static Exception Refusal(string code, string detail, HttpResponseMessage response, string edge)
    {
        var known = TunnelCodes.TryParse(code, out var info);
        if (known && info.Code == TunnelCode.UpgradeRequired)
        {
            // We asked for one, so it was taken out on the way: the carrier does not pass here, and the edge refused nothing.
            return new LinkConnectException(
                $"{edge}: the edge got the request without its upgrade, so something on the way takes it out. The websocket carrier may pass; or have the host exempted there.")
            { Fault = LinkConnectFault.UpgradeLost };
        }

        return new LinkRefusedException(code, known ? info.Retryable : (int)response.StatusCode >= (int)HttpStatusCode.InternalServerError, response.Headers.RetryAfter?.Delta, detail);
    }
}
