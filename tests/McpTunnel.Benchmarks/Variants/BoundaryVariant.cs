using System.Globalization;
using McpTunnel.Benchmarks.Components;
using McpTunnel.Benchmarks.Processes;
using McpTunnel.Client.Enrolment;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>The edge's data path alone, and the product's client behind it: the difference to <see cref="TunnelCoreVariant"/> is the boundary.</summary>
internal sealed class BoundaryVariant(string name, bool withTokens, RuntimeSettings settings) : IVariant
{
    public string Name => name;

    public async Task<RunningVariant> StartAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var files = bench.Credentials;
        var (edge, ready) = await bench.StartAsync(
            CoreEdge.Name, settings.Apply(Self.Component(CoreEdge.Name, files.ServerCertificate, files.ServerKey)), Self.ReadReady, cancellationToken);
        var ports = ready.Split(' ').Select(port => int.Parse(port, CultureInfo.InvariantCulture)).ToArray();
        var target = bench.TargetAt(ports[0]);
        var issuer = withTokens ? await bench.IssuerAsync(cancellationToken) : null;
        var state = await MakeStateAsync(bench, cancellationToken);
        var configuration = await ClientFiles.WriteConfigurationAsync(bench, state, ports[1], ports[0], files.CaFile, issuer?.Url, cancellationToken);
        var (client, _) = await bench.StartAsync(
            ClientHost.Name, settings.Apply(Self.Component(ClientHost.Name, configuration)), Self.ReadReady, cancellationToken);
        if (issuer is not null)
        {
            target = target with { Token = await issuer.TokenForAsync($"https://{target.Authority}{WorkPaths.Call}", cancellationToken) };
        }

        return new RunningVariant(Name, target, [new Component(Roles.Edge, edge), new Component(Roles.Client, client), bench.Upstream]);
    }

    /// <summary>The core edge judges nobody, so that no enrolment is needed: the state only has to look like one.</summary>
    private async Task<string> MakeStateAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var state = Directory.CreateDirectory(Path.Combine(bench.Directory, name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        File.Copy(bench.Credentials.LinkCertificate, ClientPaths.LinkCertificate(state));
        File.Copy(bench.Credentials.LinkKey, ClientPaths.LinkKey(state));
        Credentials.WritePrivate(ClientPaths.Token(state), "mct_aaaaaaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_aaaaaa\n");
        await new EnrolmentRecord("tnl_aaaaaaaaaaaaaaaa", "bench", Workbench.TunnelDomain, $"https://{Workbench.EdgeDomain}", TimeProvider.System.GetUtcNow().AddDays(1))
            .WriteAsync(state, cancellationToken);
        return state;
    }
}
