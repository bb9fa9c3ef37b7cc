using McpTunnel.Registry;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Tunnels;

namespace McpTunnel.UnitTests.Edge.Ingress;

/// <summary>A registry that knows one tunnel and changes nothing.</summary>
internal sealed class OneTunnel(TunnelRecord tunnel) : ITunnelRegistry
{
    public TunnelRecord? FindByLabel(ReadOnlySpan<char> label) => label.SequenceEqual(tunnel.Label) ? tunnel : null;

    public TunnelRecord? FindById(string tunnelId) => tunnelId == tunnel.Id ? tunnel : null;

    public Task<TunnelRecord> CreateAsync(string label, string edgeDomain, AdminActor actor, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<Page<TunnelRecord>> ListAsync(PageRequest page, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<TunnelRecord> ArchiveAsync(string tunnelId, AdminActor actor, CancellationToken cancellationToken) => throw new NotSupportedException();
}
