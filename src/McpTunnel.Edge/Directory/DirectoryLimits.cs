namespace McpTunnel.Edge.Directory;

/// <summary>Bounds of the directory; see the edge's options for defaults and reasons.</summary>
/// <param name="Links">Links in all.</param>
/// <param name="LinksPerTunnel">Links of one tunnel, over all its instances.</param>
/// <param name="LinksPerInstance">Links of one client process.</param>
/// <param name="StreamsPerTunnel">Agent connections being relayed to one tunnel.</param>
internal sealed record DirectoryLimits(int Links, int LinksPerTunnel, int LinksPerInstance, int StreamsPerTunnel)
{
    /// <summary>
    /// Tunnel domains remembered without a link, so that an agent of a client that is down is told so. One that no longer fits is
    /// answered like an unknown name.
    /// </summary>
    public const int KnownDomains = 100_000;
}
