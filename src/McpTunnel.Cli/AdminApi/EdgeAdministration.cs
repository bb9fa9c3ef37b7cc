using System.Runtime.CompilerServices;

namespace McpTunnel.Cli.AdminApi;

/// <summary>The calls of the admin API, by name. Tunnels are named by id or label.</summary>
internal sealed class EdgeAdministration(EdgeApi api)
{
    public Task<Tunnel> CreateTunnelAsync(string label, CancellationToken cancellationToken) =>
        api.PostAsync<Tunnel>("/v1/tunnels", new { label }, cancellationToken);

    public Task<Tunnel> ShowTunnelAsync(string tunnel, CancellationToken cancellationToken) =>
        api.GetAsync<Tunnel>($"/v1/tunnels/{Escape(tunnel)}", cancellationToken);

    public Task<ArchivedTunnel> ArchiveTunnelAsync(string tunnel, CancellationToken cancellationToken) =>
        api.PostAsync<ArchivedTunnel>($"/v1/tunnels/{Escape(tunnel)}/archive", null, cancellationToken);

    public IAsyncEnumerable<Tunnel> ListTunnelsAsync(CancellationToken cancellationToken) =>
        ListAsync<Tunnel>("/v1/tunnels", cancellationToken);

    public IAsyncEnumerable<TunnelToken> ListTokensAsync(string tunnel, CancellationToken cancellationToken) =>
        ListAsync<TunnelToken>($"/v1/tunnels/{Escape(tunnel)}/tokens", cancellationToken);

    /// <param name="tunnel">Whose token.</param>
    /// <param name="lifetime">How long it is valid; null for ever.</param>
    /// <param name="overlap">How long the current one is valid beside it; null for the edge's default.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IssuedToken> IssueTokenAsync(string tunnel, TimeSpan? lifetime, TimeSpan? overlap, CancellationToken cancellationToken) =>
        api.PostAsync<IssuedToken>(
            $"/v1/tunnels/{Escape(tunnel)}/tokens",
            new { lifetimeSeconds = (long?)lifetime?.TotalSeconds, overlapSeconds = (long?)overlap?.TotalSeconds },
            cancellationToken);

    /// <param name="tunnel">Only the links of this tunnel, by id; null for all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public IAsyncEnumerable<LiveLink> ListLinksAsync(string? tunnel, CancellationToken cancellationToken) =>
        ListAsync<LiveLink>(tunnel is null ? "/v1/links" : $"/v1/links?tunnel={Escape(tunnel)}", cancellationToken);

    public Task<RevokedToken> RevokeTokenAsync(string tunnel, string token, CancellationToken cancellationToken) =>
        api.PostAsync<RevokedToken>($"/v1/tunnels/{Escape(tunnel)}/tokens/{Escape(token)}/revoke", null, cancellationToken);

    /// <summary>Follows a list through its parts.</summary>
    private async IAsyncEnumerable<T> ListAsync<T>(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        do
        {
            var page = await api.GetAsync<Page<T>>(after is null ? path : $"{path}{(path.Contains('?') ? '&' : '?')}after={Escape(after)}", cancellationToken);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            after = page.Next;
        }
        while (after is not null);
    }

    private static string Escape(string segment) => Uri.EscapeDataString(segment);
}
