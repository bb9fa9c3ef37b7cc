using McpTunnel.Client.Linking;

namespace McpTunnel.Client.Health;

/// <summary>How many links there are and should be, for programs that decide by it. A client without all of them may be ready: one is enough for calls.</summary>
/// <param name="Expected">Links that this client keeps up.</param>
/// <param name="Up">Those that are.</param>
/// <param name="Nodes">Where they are, by name; a node without a link of this client is not known here and not listed.</param>
public sealed record LinkReport(int Expected, int Up, IReadOnlyList<NodeReport> Nodes)
{
    internal static LinkReport Of(IReadOnlyList<LinkSlotStatus> links)
    {
        var up = links.Where(link => link.State == LinkSlotState.Up).ToList();
        return new LinkReport(
            links.Count, up.Count, [.. up.GroupBy(link => link.Node!).OrderBy(node => node.Key, StringComparer.Ordinal).Select(node => new NodeReport(node.Key, node.Count()))]);
    }
}
