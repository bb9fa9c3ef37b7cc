using McpTunnel.Protocol.Control.Messages;

namespace McpTunnel.Edge.Configuration;

/// <summary>The list of nodes as clients get it.</summary>
internal static class EdgeNodes
{
    private const string DefaultPort = ":443";

    public static IReadOnlyList<OtherNode> Besides(string self, IReadOnlyList<OtherNodeOptions> nodes) =>
        [.. nodes.Where(node => node.Node != self).Select(node => new OtherNode(node.Node, AuthorityOf(node.Address.ToString())))];

    private static string AuthorityOf(string address) =>
        address.EndsWith(DefaultPort, StringComparison.Ordinal) ? address[..^DefaultPort.Length] : address;
}
