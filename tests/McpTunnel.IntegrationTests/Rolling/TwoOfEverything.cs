using System.Net;
using System.Text.Json;
using McpTunnel.Certificates.Files;
using McpTunnel.Cli.CertsCommands;
using McpTunnel.Edge.Initialization;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Network;
using McpTunnel.TestKit.Processes;

namespace McpTunnel.IntegrationTests.Rolling;

/// <summary>One tunnel as an operator runs it who wants no interruption: two edge nodes with copies of one registry and two client instances, each a process of its own.</summary>
internal sealed class TwoOfEverything : IAsyncDisposable
{
    private const string EdgeDomain = "edge.test";
    private const int LinksOfAClient = 4;

    /// <summary>A node that has been told to stop is gone after its grace, and what comes after that takes seconds.</summary>
    private static readonly TimeSpan EndsWithin = TimeSpan.FromMinutes(1);

    private readonly ScratchDirectory _root = new();
    private readonly RunningProgram?[] _edges = new RunningProgram?[2];
    private readonly RunningProgram?[] _clients = new RunningProgram?[2];
    private readonly Uri[] _statuses = new Uri[2];
    private readonly HttpClient _http = new();
    private readonly IPEndPoint[] _nodes = [new(IPAddress.Loopback, FreePort.Next()), new(IPAddress.Loopback, FreePort.Next())];

    /// <summary>The edge nodes.</summary>
    public IReadOnlyList<IPEndPoint> Nodes => _nodes;

    /// <summary>The tunnel's one server, as agents name it.</summary>
    public Uri Url => new($"https://docs.{PreparedTunnel.Label}.{EdgeDomain}:{_nodes[0].Port}/mcp");

    /// <summary>Who issued its certificate.</summary>
    public string CaFile => Path.Combine(ClientState(0), CertsGroup.CaCertificate);

    /// <summary>Starts all four; returns when each client has its links over both nodes.</summary>
    /// <param name="upstream">The server's MCP endpoint.</param>
    /// <param name="carrier">What links run on.</param>
    /// <param name="grace">How long each lets go on what is in flight when it stops, in seconds.</param>
    public static async Task<TwoOfEverything> StartAsync(Uri upstream, string carrier, int grace)
    {
        var all = new TwoOfEverything();
        try
        {
            await all.SetUpAsync(upstream, carrier, grace);
            await Task.WhenAll(all.StartEdgeAsync(0), all.StartEdgeAsync(1));
            await Task.WhenAll(all.StartClientAsync(0), all.StartClientAsync(1));
            return all;
        }
        catch
        {
            await all.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops an edge node in order and waits for its end.</summary>
    public Task StopEdgeAsync(int node) => StopAsync(_edges, node);

    /// <summary>Starts an edge node; returns when both clients have links to it again.</summary>
    public async Task RestartEdgeAsync(int node)
    {
        await StartEdgeAsync(node);
        await WaitForLinksAsync(0);
        await WaitForLinksAsync(1);
    }

    /// <summary>Stops a client in order and waits for its end.</summary>
    public Task StopClientAsync(int client) => StopAsync(_clients, client);

    /// <summary>Starts a client; returns when it has its links over both nodes.</summary>
    public async Task StartClientAsync(int client)
    {
        var program = RunningProgram.StartMcptunnel("client", "run", "--config", Path.Combine(ClientState(client), "client.yaml"), "--json");
        _clients[client] = program;
        var ready = JsonDocument.Parse(await program.NextLineAsync()).RootElement;
        _statuses[client] = new Uri(new Uri(ready.GetProperty("managementUrl").GetString()!), "status");
        await WaitForLinksAsync(client);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _clients.Concat(_edges))
        {
            if (program is not null)
            {
                await program.DisposeAsync();
            }
        }

        _http.Dispose();
        _root.Dispose();
    }

    private static async Task StopAsync(RunningProgram?[] programs, int index)
    {
        await using var program = programs[index]!;
        programs[index] = null;
        await program.SignalAsync(15);
        var result = await program.EndAsync(EndsWithin);
        Assert.That(result.ExitCode, Is.Zero, result.ToString());
    }

    private async Task StartEdgeAsync(int node)
    {
        var program = RunningProgram.StartMcptunnel("edge", "run", "--config", Path.Combine(EdgeState(node), EdgeStateFiles.Configuration), "--json");
        _edges[node] = program;
        await program.NextLineAsync();
    }

    /// <summary>As many links to each node: what one of them carries, the other can take.</summary>
    private async Task WaitForLinksAsync(int client)
    {
        var started = TimeProvider.System.GetTimestamp();
        string status;
        do
        {
            Assert.That(TimeProvider.System.GetElapsedTime(started), Is.LessThan(TimeSpan.FromMinutes(2)), "the links are spread over both nodes");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            status = await _http.GetStringAsync(_statuses[client]);
        }
        while (!IsSpread(JsonDocument.Parse(status).RootElement.GetProperty("links")));
    }

    private bool IsSpread(JsonElement links)
    {
        var nodes = links.EnumerateArray()
            .Where(link => string.Equals(link.GetProperty("state").GetString(), "up", StringComparison.OrdinalIgnoreCase))
            .GroupBy(link => link.GetProperty("node").GetString())
            .Select(node => node.Count());
        return nodes.SequenceEqual(Enumerable.Repeat(LinksOfAClient / _nodes.Length, _nodes.Length));
    }

    private string EdgeState(int node) => _root[$"edge-{node + 1}"];

    private string ClientState(int client) => _root[$"client-{client + 1}"];

    private async Task SetUpAsync(Uri upstream, string carrier, int grace)
    {
        var made = await PreparedTunnel.MakeAsync(EdgeDomain, EdgeState(0), listen: null, ClientState(0), ClientState(1));
        Copy(ClientState(0), ClientState(1), "server");
        StateDirectory.Ensure(EdgeState(1));
        Copy(EdgeState(0), EdgeState(1), "");
        for (var i = 0; i < 2; i++)
        {
            await File.AppendAllTextAsync(Path.Combine(EdgeState(i), EdgeStateFiles.Configuration), $"""

                node: edge-{i + 1}
                listen: [{_nodes[i]}]
                management: 127.0.0.1:0
                shutdownGrace: {grace}s
                # All agents are behind one address here.
                limits:
                  handshakesPerSecond: 10000
                  handshakeBurst: 10000
                  pendingPerSource: 10000

                """);
            await File.WriteAllTextAsync(Path.Combine(ClientState(i), "client.yaml"), $"""
                edge: https://{EdgeDomain}:{_nodes[0].Port}
                edgeCaFile: {made.EdgeCaFile}
                edgeEndPoints: [{_nodes[0]}, {_nodes[1]}]
                stateDirectory: {ClientState(i)}
                links:
                  count: {LinksOfAClient}
                  carriers: [{carrier}]
                  probeEvery: 1s
                limits:
                  stopGrace: {grace}s
                management:
                  listen: 127.0.0.1:0
                servers:
                  - name: docs
                    upstream: {upstream}
                    allowedNetworks: [127.0.0.0/8]
                    authentication:
                      mode: none

                """);
        }
    }

    private static void Copy(string from, string to, string prefix)
    {
        foreach (var file in Directory.EnumerateFiles(from, prefix + "*").Where(file => Path.GetExtension(file) != ".lock"))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
