using McpTunnel.Transport;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>Every path this harness knows, in the order of the tables.</summary>
internal static class VariantCatalog
{
    /// <param name="settings">With any, each tunnel is there twice: as it is, and with these.</param>
    public static IEnumerable<IVariant> All(RuntimeSettings settings)
    {
        yield return new DirectTlsVariant();
        yield return new DirectYarpVariant();
        foreach (var tunnel in Tunnels("", RuntimeSettings.None))
        {
            yield return tunnel;
        }

        if (settings.Any)
        {
            foreach (var tunnel in Tunnels(VariantNames.WithSettings, settings))
            {
                yield return tunnel;
            }
        }

        yield return new HaproxyVariant();
        yield return new OpenSshVariant();
    }

    private static IEnumerable<IVariant> Tunnels(string suffix, RuntimeSettings settings) =>
    [
        new TunnelVariant(VariantNames.Tunnel + suffix, withTokens: false, settings),
        new TunnelVariant(VariantNames.TunnelJwt + suffix, withTokens: true, settings),
        new TunnelVariant(VariantNames.TunnelQuic + suffix, withTokens: false, settings, Carrier.Quic),
        new TunnelCoreVariant(VariantNames.TunnelCore + suffix, settings),
    ];
}
