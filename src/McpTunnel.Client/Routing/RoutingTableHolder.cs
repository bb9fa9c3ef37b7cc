namespace McpTunnel.Client.Routing;

/// <summary>The routing table in force. Swapped whole; a request that began with the old one ends with it. Thread-safe.</summary>
internal sealed class RoutingTableHolder
{
    private volatile RoutingTable _current = RoutingTable.Empty;

    public RoutingTable Current => _current;

    /// <summary>Puts <paramref name="next"/> in force and returns what was.</summary>
    public RoutingTable Swap(RoutingTable next) => Interlocked.Exchange(ref _current!, next);
}
