using System.Globalization;
using McpTunnel.Benchmarks.Components;
using McpTunnel.Benchmarks.Processes;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>The tunnel's data path without anything that judges: links, relay, inner TLS, YARP.</summary>
internal sealed class TunnelCoreVariant(string name, RuntimeSettings settings) : IVariant
{
    public string Name => name;

    public async Task<RunningVariant> StartAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var files = bench.Credentials;
        var (edge, ready) = await bench.StartAsync(
            CoreEdge.Name, settings.Component(Roles.Edge, CoreEdge.Name, files.ServerCertificate, files.ServerKey), Self.ReadReady, cancellationToken);
        var ports = ready.Split(' ');
        var (client, _) = await bench.StartAsync(
            CoreClient.Name,
            settings.Component(
                Roles.Client, CoreClient.Name, ports[1], files.LinkBundle, files.CaFile, Workbench.ServerName, bench.UpstreamUrl, files.ServerCertificate, files.ServerKey),
            Self.ReadReady, cancellationToken);
        return new RunningVariant(
            Name, bench.TargetAt(int.Parse(ports[0], CultureInfo.InvariantCulture)),
            [new Component(Roles.Edge, edge), new Component(Roles.Client, client), bench.Upstream]);
    }
}
