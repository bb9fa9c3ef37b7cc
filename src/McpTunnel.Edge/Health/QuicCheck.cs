using McpTunnel.Edge.Ingress.Quic;

namespace McpTunnel.Edge.Health;

/// <summary>Holds where QUIC was never there: clients then use TCP. Fails where it was and is no more.</summary>
internal sealed class QuicCheck(QuicIngress quic) : IReadinessCheck
{
    public string Name => "quic";

    public ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken) =>
        new(quic.Broken is { Count: > 0 } broken ? $"The node no longer takes QUIC links on {string.Join(", ", broken)}. Restart it." : null);
}
