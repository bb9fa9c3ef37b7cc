using McpTunnel.Benchmarks.Scenarios;
using McpTunnel.Transport;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>Every path this harness knows, in the order of the tables.</summary>
internal static class VariantCatalog
{
    /// <param name="options">With settings or another build, the tunnels are there once more: with those.</param>
    public static IEnumerable<IVariant> All(HarnessOptions options)
    {
        yield return new DirectTcpVariant();
        yield return new DirectTlsVariant();
        yield return new DirectYarpVariant();
        foreach (var tunnel in Tunnels("", RuntimeSettings.None))
        {
            yield return tunnel;
        }

        if (options.Settings.Any)
        {
            foreach (var tunnel in Tunnels(VariantNames.WithSettings, options.Settings))
            {
                yield return tunnel;
            }
        }

        if (options.OtherBuild is { } directory)
        {
            foreach (var tunnel in Tunnels(VariantNames.OtherBuild, RuntimeSettings.None with { Directory = directory }))
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
        new TunnelVariant(VariantNames.TunnelWebsocket + suffix, withTokens: false, settings, Carrier.Websocket),
        new TunnelVariant(VariantNames.TunnelQuic + suffix, withTokens: false, settings, Carrier.Quic),
        new TunnelCoreVariant(VariantNames.TunnelCore + suffix, settings),
    ];
}
