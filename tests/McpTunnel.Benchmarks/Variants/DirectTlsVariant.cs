namespace McpTunnel.Benchmarks.Variants;

/// <summary>The upstream's own TLS listener and nothing in between: "one TLS connection".</summary>
internal sealed class DirectTlsVariant : IVariant
{
    public string Name => VariantNames.DirectTls;

    public Task<RunningVariant> StartAsync(Workbench bench, CancellationToken cancellationToken) =>
        Task.FromResult(new RunningVariant(Name, bench.PrivateTargetAt(bench.UpstreamTlsPort), [bench.Upstream]));
}
