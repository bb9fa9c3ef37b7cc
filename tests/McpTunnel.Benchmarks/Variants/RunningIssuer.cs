using McpTunnel.Benchmarks.Components;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>The run's authorization server.</summary>
internal sealed record RunningIssuer(string Url, Component Component)
{
    public Task<string> TokenForAsync(string audience, CancellationToken cancellationToken) =>
        Component.AskAsync($"{Questions.Token} {audience}", cancellationToken);
}
