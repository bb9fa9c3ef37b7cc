using McpTunnel.Edge.Ingress;

namespace McpTunnel.Edge.Health;

internal sealed class ListenerCheck(IngressServer ingress) : IReadinessCheck
{
    public string Name => "listener";

    public ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken) =>
        new(ingress.IsListening ? null : "The node does not accept connections.");
}
