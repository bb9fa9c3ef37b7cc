using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace McpTunnel.Client.Routing;

/// <summary>The servers of one configuration, by their public names. Immutable.</summary>
internal sealed class RoutingTable
{
    public static readonly RoutingTable Empty = new([]);

    private readonly FrozenDictionary<string, ServerRoute>.AlternateLookup<ReadOnlySpan<char>> _byHost;

    public RoutingTable(IReadOnlyList<ServerRoute> servers)
    {
        Servers = servers;
        _byHost = servers
            .ToFrozenDictionary(server => server.Host, StringComparer.OrdinalIgnoreCase)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>In the order of the configuration.</summary>
    public IReadOnlyList<ServerRoute> Servers { get; }

    public bool TryFind(ReadOnlySpan<char> host, [NotNullWhen(true)] out ServerRoute? server) => _byHost.TryGetValue(host, out server);
}
