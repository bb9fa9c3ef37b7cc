namespace McpTunnel.Benchmarks.Variants;

/// <summary>Kestrel TLS + YARP alone: what the same call costs without a tunnel.</summary>
internal sealed class DirectYarpVariant : IVariant
{
    public string Name => VariantNames.DirectYarp;

    public async Task<RunningVariant> StartAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var (yarp, port) = await bench.YarpAsync(cancellationToken);
        return new RunningVariant(Name, bench.PrivateTargetAt(port), [yarp, bench.Upstream]);
    }
}
