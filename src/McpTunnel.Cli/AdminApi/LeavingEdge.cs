using System.Net.Http.Json;
using System.Text.Json;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.AdminApi;

/// <summary>What an edge on this machine that leaves says of itself: its API is closed then, its management listener is not.</summary>
internal sealed class LeavingEdge(Uri management) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly HttpClient _http = ManagementHttp.Create(Patience);

    /// <summary>Why it takes no calls and what it waits for; null when it does not leave, or does not say.</summary>
    public async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(management, "/readyz"), cancellationToken);
            var report = await response.Content.ReadFromJsonAsync<Report>(PlainText.Reading, cancellationToken);
            return report?.Checks?.FirstOrDefault(check => check is { Name: "draining", Ready: false })?.Reason;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private sealed record Report(IReadOnlyList<Check>? Checks);

    private sealed record Check(string? Name, bool Ready, string? Reason);
}
