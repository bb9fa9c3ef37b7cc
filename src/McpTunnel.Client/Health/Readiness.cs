using McpTunnel.Client.SelfCalls;

namespace McpTunnel.Client.Health;

/// <summary>Whether calls can be served now.</summary>
/// <param name="Ready">Whether nothing is in the way.</param>
/// <param name="Reasons">What is in the way, for a person; empty when ready.</param>
/// <param name="Warnings">What will be in the way if nobody acts; empty when nothing will.</param>
/// <param name="SelfCall">What the client's calls to itself through the edge say.</param>
public sealed record Readiness(bool Ready, IReadOnlyList<string> Reasons, IReadOnlyList<string> Warnings, SelfCallReport? SelfCall = null)
{
    /// <summary>How many links are up, and at which nodes.</summary>
    public LinkReport? Links { get; init; }

    /// <summary>Whether it is not ready only because it has just begun: nothing has failed yet, and nothing takes longer than it should.</summary>
    public bool Starting { get; init; }

    /// <summary>Whether the client is leaving: it finishes what is in flight.</summary>
    public bool Stopping { get; init; }
}
