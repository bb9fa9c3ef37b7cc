using System.Diagnostics;
using System.Globalization;
using McpTunnel.Benchmarks.Components;
using McpTunnel.Benchmarks.Load;
using McpTunnel.Benchmarks.Peers;
using McpTunnel.Benchmarks.Processes;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>
/// What the variants of one run share: a temporary directory, certificates, the upstream and the YARP process, and the list
/// of everything that must be stopped at the end.
/// </summary>
internal sealed class Workbench : IAsyncDisposable
{
    public const string EdgeDomain = "tunnel.test";
    public const string TunnelDomain = "bench." + EdgeDomain;
    public const string Server = "docs";

    /// <summary>The public name that every variant serves.</summary>
    public const string ServerName = Server + "." + TunnelDomain;

    private readonly List<ChildProcess> _children = [];
    private (ChildProcess Child, int Port)? _yarp;
    private RunningIssuer? _issuer;

    private Workbench(string directory, PeerPrograms peers, BenchNetwork network)
    {
        Directory = directory;
        Network = network;
        Peers = peers;
        Credentials = Credentials.Create(directory, ServerName, "link." + EdgeDomain);
    }

    public string Directory { get; }

    public BenchNetwork Network { get; }

    public PeerPrograms Peers { get; }

    public Credentials Credentials { get; }

    public int UpstreamPort { get; private set; }

    public int UpstreamTlsPort { get; private set; }

    public Component Upstream { get; private set; } = null!;

    public string UpstreamUrl => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{UpstreamPort}");

    public static async Task<Workbench> CreateAsync(PeerPrograms peers, BenchNetwork network, CancellationToken cancellationToken)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("mcptunnel-bench-").FullName;
        var bench = new Workbench(directory, peers, network);
        try
        {
            await bench.StartUpstreamAsync(cancellationToken);
            return bench;
        }
        catch
        {
            await bench.DisposeAsync();
            throw;
        }
    }

    public async Task<(ChildProcess Child, string Ready)> StartAsync(
        string name, ProcessStartInfo start, Func<string, string?> readReady, CancellationToken cancellationToken)
    {
        var started = await ChildProcess.StartAsync(name, start, readReady, cancellationToken);
        _children.Add(started.Child);
        return started;
    }

    /// <summary>The Kestrel TLS + YARP process; one for all variants that stand in front of it.</summary>
    public async Task<(Component Component, int Port)> YarpAsync(CancellationToken cancellationToken)
    {
        if (_yarp is null)
        {
            var start = Network.InPrivate(Self.Component(YarpProxy.Name, Network.Listen, UpstreamUrl, Credentials.ServerCertificate, Credentials.ServerKey));
            var (child, ready) = await StartAsync(YarpProxy.Name, start, Self.ReadReady, cancellationToken);
            _yarp = (child, int.Parse(ready, CultureInfo.InvariantCulture));
        }

        return (new Component(Roles.Yarp, _yarp.Value.Child), _yarp.Value.Port);
    }

    public async Task<RunningIssuer> IssuerAsync(CancellationToken cancellationToken)
    {
        if (_issuer is null)
        {
            var (child, url) = await StartAsync(IssuerHost.Name, Self.Component(IssuerHost.Name), Self.ReadReady, cancellationToken);
            _issuer = new RunningIssuer(url, new Component(IssuerHost.Name, child, Counted: false));
        }

        return _issuer;
    }

    /// <summary>What agents call at the edge, or at whatever stands for one.</summary>
    public AgentTarget TargetAt(int port) => new(BenchNetwork.Loopback.PublicAddress, port, ServerName, Credentials.CaFile);

    /// <summary>What agents call on the client's side, without a tunnel.</summary>
    public AgentTarget PrivateTargetAt(int port) => TargetAt(port) with { Address = Network.PrivateAddress };

    public async ValueTask DisposeAsync()
    {
        // Last started, first stopped: nothing logs errors about a peer that went before it.
        foreach (var child in Enumerable.Reverse(_children))
        {
            await child.DisposeAsync();
        }

        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private async Task StartUpstreamAsync(CancellationToken cancellationToken)
    {
        var start = Network.InPrivate(Self.Component(UpstreamServer.Name, Network.Listen, Credentials.ServerCertificate, Credentials.ServerKey));
        var (child, ready) = await StartAsync(UpstreamServer.Name, start, Self.ReadReady, cancellationToken);
        var ports = ready.Split(' ').Select(port => int.Parse(port, CultureInfo.InvariantCulture)).ToArray();
        (UpstreamPort, UpstreamTlsPort) = (ports[0], ports[1]);
        Upstream = new Component(Roles.Upstream, child, Counted: false);
    }
}
