using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Ingress.Relaying;

namespace McpTunnel.Edge.Health;

internal sealed class DrainingCheck(EdgeNode node, LinkDirectory directory, RelayTable relays) : IReadinessCheck
{
    public string Name => "draining";

    public ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken) =>
        new(node.IsLeaving ? $"The node is stopping; streams in flight run to their end. Left: {relays.Count} {(relays.Count == 1 ? "stream" : "streams")}, {directory.Count} {(directory.Count == 1 ? "link" : "links")}." : null);
}
