using System.Globalization;
using McpTunnel.Benchmarks.Components;
using McpTunnel.Benchmarks.Processes;
using McpTunnel.Transport;
using McpTunnel.Transport.Quic;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>The product: an edge and an enrolled client, each from its files, with links on one carrier.</summary>
internal sealed class TunnelVariant(string name, bool withTokens, RuntimeSettings settings, Carrier carrier = Carrier.Tls) : IVariant
{
    public string Name => name;

    public async Task<RunningVariant> StartAsync(Workbench bench, CancellationToken cancellationToken)
    {
        if (carrier == Carrier.Quic && !QuicCarrier.IsSupported(out var reason))
        {
            throw new PeerAbsentException($"{name}: {reason}");
        }

        var edgeState = Path.Combine(bench.Directory, name + "-edge");
        var clientState = Path.Combine(bench.Directory, name + "-client");
        IEnumerable<string> listen = bench.Network.IsLine ? [bench.Network.Listen] : [];
        var (edge, ready) = await bench.StartAsync(
            EdgeHost.Name, settings.Component(Roles.Edge, [EdgeHost.Name, Workbench.EdgeDomain, edgeState, EdgeHost.AnyPort, .. listen]), Self.ReadReady, cancellationToken);
        var port = int.Parse(ready, CultureInfo.InvariantCulture);
        await TunnelEnrolment.EnrolAsync(port, edgeState, clientState, cancellationToken);

        var target = bench.TargetAt(port);
        var issuer = withTokens ? await bench.IssuerAsync(cancellationToken) : null;
        var edgeCa = Path.Combine(edgeState, "edge-ca.pem");
        var configuration = await ClientFiles.WriteConfigurationAsync(bench, clientState, port, port, edgeCa, issuer?.Url, carrier, cancellationToken);
        var (client, _) = await bench.StartAsync(
            ClientHost.Name, bench.Network.InPrivate(settings.Component(Roles.Client, ClientHost.Name, configuration)), Self.ReadReady, cancellationToken);
        if (issuer is not null)
        {
            target = target with { Token = await issuer.TokenForAsync($"https://{target.Authority}{WorkPaths.Call}", cancellationToken) };
        }

        return new RunningVariant(Name, target, [new Component(Roles.Edge, edge), new Component(Roles.Client, client), bench.Upstream]);
    }
}
