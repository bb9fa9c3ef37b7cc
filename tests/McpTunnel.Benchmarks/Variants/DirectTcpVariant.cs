namespace McpTunnel.Benchmarks.Variants;

/// <summary>The upstream's plain listener and nothing in between: "one TCP connection".</summary>
internal sealed class DirectTcpVariant : IVariant
{
    public string Name => VariantNames.DirectTcp;

    public Task<RunningVariant> StartAsync(Workbench bench, CancellationToken cancellationToken) =>
        Task.FromResult(new RunningVariant(Name, bench.PrivateTargetAt(bench.UpstreamPort) with { Tls = false }, [bench.Upstream]));
}
