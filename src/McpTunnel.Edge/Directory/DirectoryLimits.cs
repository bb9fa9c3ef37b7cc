namespace McpTunnel.Edge.Directory;

/// <summary>Bounds of the directory; see the edge's options for defaults and reasons.</summary>
/// <param name="Links">Links in all.</param>
/// <param name="LinksPerTunnel">Links of one tunnel, over all its instances.</param>
/// <param name="LinksPerInstance">Links of one client process.</param>
/// <param name="StreamsPerTunnel">Agent connections being relayed to one tunnel.</param>
internal sealed record DirectoryLimits(int Links, int LinksPerTunnel, int LinksPerInstance, int StreamsPerTunnel);
