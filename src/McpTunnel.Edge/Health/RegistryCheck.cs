using McpTunnel.Registry.Authorities;

namespace McpTunnel.Edge.Health;

internal sealed class RegistryCheck(IAuthorityRegistry registry) : IReadinessCheck
{
    public string Name => "registry";

    public async ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        _ = await registry.ListTrustedAsync(cancellationToken);
        return null;
    }
}
