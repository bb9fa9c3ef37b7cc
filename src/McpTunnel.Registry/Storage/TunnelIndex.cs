using System.Collections.Concurrent;
using McpTunnel.Registry.Tunnels;

namespace McpTunnel.Registry.Storage;

/// <summary>
/// All tunnels in memory, so that a connection from outside never waits for the database, whatever name it asks for. About 300
/// bytes for each tunnel; a name that is not here costs one failed look-up and leaves nothing behind.
/// </summary>
internal sealed class TunnelIndex
{
    private readonly ConcurrentDictionary<string, TunnelRecord> _byLabel = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TunnelRecord> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TunnelRecord>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public TunnelIndex() => _bySpan = _byLabel.GetAlternateLookup<ReadOnlySpan<char>>();

    public TunnelRecord? FindByLabel(ReadOnlySpan<char> label) => _bySpan.TryGetValue(label, out var tunnel) ? tunnel : null;

    public TunnelRecord? FindById(string tunnelId) => _byId.TryGetValue(tunnelId, out var tunnel) ? tunnel : null;

    /// <summary>Enters a tunnel, or its new state, after the database has it.</summary>
    public void Put(TunnelRecord tunnel)
    {
        _byId[tunnel.Id] = tunnel;
        _byLabel[tunnel.Label] = tunnel;
    }
}
