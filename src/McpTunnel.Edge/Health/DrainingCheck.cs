namespace McpTunnel.Edge.Health;

internal sealed class DrainingCheck(EdgeNode node) : IReadinessCheck
{
    public string Name => "draining";

    public ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken) =>
        new(node.IsLeaving ? "The node is stopping; streams in flight run to their end." : null);
}
