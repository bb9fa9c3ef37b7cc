namespace McpTunnel.Benchmarks.Variants;

/// <summary>Every path this harness knows, in the order of the tables.</summary>
internal static class VariantCatalog
{
    /// <param name="settings">With any, each tunnel is there twice: as it is, and with these.</param>
    public static IEnumerable<IVariant> All(RuntimeSettings settings)
    {
        yield return new DirectTlsVariant();
        yield return new DirectYarpVariant();
        yield return new TunnelCoreVariant(VariantNames.TunnelCore, RuntimeSettings.None);
        if (settings.Any)
        {
            yield return new TunnelCoreVariant(VariantNames.TunnelCore + VariantNames.WithSettings, settings);
        }

        yield return new BoundaryVariant(VariantNames.TunnelBoundary, withTokens: false, RuntimeSettings.None);
        yield return new BoundaryVariant(VariantNames.TunnelBoundaryJwt, withTokens: true, RuntimeSettings.None);
        yield return new HaproxyVariant();
        yield return new OpenSshVariant();
    }
}
