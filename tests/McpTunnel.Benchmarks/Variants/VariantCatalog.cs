namespace McpTunnel.Benchmarks.Variants;

/// <summary>Every path this harness knows, in the order of the tables.</summary>
internal static class VariantCatalog
{
    public static IReadOnlyList<IVariant> All() =>
    [
        new DirectTlsVariant(),
        new DirectYarpVariant(),
        new TunnelCoreVariant(),
        new HaproxyVariant(),
        new OpenSshVariant(),
    ];
}
