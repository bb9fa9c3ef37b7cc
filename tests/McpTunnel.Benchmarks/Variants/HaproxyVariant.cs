using System.Globalization;
using McpTunnel.Benchmarks.Peers;
using McpTunnel.Benchmarks.Processes;
using McpTunnel.TestKit.Network;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>
/// HAProxy's reverse HTTP: the edge ends the agents' TLS and sends requests down HTTP/2 connections that a second HAProxy
/// dialled out over mutual TLS; that one forwards to the upstream. No inner TLS, so the edge reads every call.
/// </summary>
internal sealed class HaproxyVariant : IVariant
{
    // As many outbound connections as a tunnel client keeps links.
    private const int Links = 4;

    public string Name => VariantNames.Haproxy;

    public async Task<RunningVariant> StartAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var program = bench.Peers.Haproxy();
        var agentPort = FreePort.Next();
        var linkPort = FreePort.Next();
        var edge = await StartOneAsync(bench, program, "haproxy-edge", EdgeConfiguration(bench, agentPort, linkPort), cancellationToken);
        var client = await StartOneAsync(bench, program, "haproxy-client", ClientConfiguration(bench, linkPort), cancellationToken);
        return new RunningVariant(
            Name, bench.TargetAt(agentPort), [new Component(Roles.Edge, edge, Answers: false), new Component(Roles.Client, client, Answers: false), bench.Upstream]);
    }

    private static async Task<ChildProcess> StartOneAsync(
        Workbench bench, PeerProgram program, string name, string configuration, CancellationToken cancellationToken)
    {
        var file = Path.Combine(bench.Directory, name + ".cfg");
        await File.WriteAllTextAsync(file, configuration, cancellationToken);
        var (child, _) = await bench.StartAsync(name, program.Start("-db", "-V", "-f", file), _ => "", cancellationToken);
        return child;
    }

    private const string Common =
        """
        global
            expose-experimental-directives
        defaults
            mode http
            timeout connect 5s
            timeout client 1h
            timeout server 1h

        """;

    private static string EdgeConfiguration(Workbench bench, int agentPort, int linkPort) => Common + string.Create(
        CultureInfo.InvariantCulture,
        $"""
        frontend agents
            bind 127.0.0.1:{agentPort} ssl crt {bench.Credentials.ServerBundle} alpn h2,http/1.1
            default_backend tunnel
        backend tunnel
            http-reuse always
            server link rhttp@ pool-purge-delay 1h
        frontend links
            bind 127.0.0.1:{linkPort} ssl crt {bench.Credentials.ServerBundle} ca-file {bench.Credentials.CaFile} verify required alpn h2
            tcp-request session attach-srv tunnel/link

        """);

    private static string ClientConfiguration(Workbench bench, int linkPort) => Common + string.Create(
        CultureInfo.InvariantCulture,
        $"""
        backend edge
            server node 127.0.0.1:{linkPort} ssl crt {bench.Credentials.LinkBundle} ca-file {bench.Credentials.CaFile} verify required sni str({Workbench.ServerName}) alpn h2
        frontend streams
            bind rhttp@edge/node nbconn {Links}
            default_backend upstream
        backend upstream
            server mcp 127.0.0.1:{bench.UpstreamPort}

        """);
}
