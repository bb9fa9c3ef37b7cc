using System.Text.Json;
using McpTunnel.TestKit.Processes;
using McpTunnel.TestKit.Upstreams;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>An edge, a client and a private server as real processes, for tests of one edge taking over from another.</summary>
public abstract class TakeOverFixture : InstallationFixture
{
    protected Uri Url { get; private set; } = null!;

    /// <summary>The client's management listener.</summary>
    protected string Management { get; private set; } = "";

    private protected ScriptedUpstream Upstream { get; private set; } = null!;

    protected string EdgeYaml => Path.Combine(EdgeState, "edge.yaml");

    private protected RunningProgram Edge { get; set; } = null!;

    private protected RunningProgram Client { get; private set; } = null!;

    [TearDown]
    public async Task StopAsync()
    {
        if (Client is not null)
        {
            await Client.DisposeAsync();
        }

        if (Edge is not null)
        {
            await Edge.DisposeAsync();
        }

        if (Upstream is not null)
        {
            await Upstream.DisposeAsync();
        }
    }

    /// <summary>Everything up, with one link of the client at the edge at least.</summary>
    private protected async Task StartAllAsync(string grace, IReadOnlyDictionary<string, string>? environment = null, string links = "", int managementPort = 0)
    {
        Upstream = await ScriptedUpstream.StartAsync(Behaviour.EchoBody);
        Upstream.RecordsBodies = false;

        // Agents that make a connection for each call, all from one address, are quicker than what a stranger may be.
        await PreparedTunnel.MakeAsync(EdgeDomain, EdgeState, Listen, ClientState);
        await File.AppendAllTextAsync(EdgeYaml, $"\nmanagement: 127.0.0.1:{managementPort}\nshutdownGrace: {grace}\nlimits: {{ handshakesPerSecond: 1000000, handshakeBurst: 1000000 }}\n");
        Edge = RunningProgram.Start(RunningProgram.Mcptunnel, ["edge", "run", "--config", EdgeYaml, "--json"], environment);
        await Edge.NextLineAsync();
        await WriteClientYamlAsync(Upstream.Url, links);
        Client = RunningProgram.StartMcptunnel("client", "run", "--config", Path.Combine(ClientState, "client.yaml"), "--json");
        var ready = JsonDocument.Parse(await Client.NextLineAsync()).RootElement;
        Url = new Uri(ready.GetProperty("servers")[0].GetString()!);
        Management = ready.GetProperty("managementUrl").GetString()!;
    }

    private protected async Task InitializeEdgeAsync(string more)
    {
        await PreparedTunnel.MakeAsync(EdgeDomain, EdgeState, Listen, ClientState);
        await File.AppendAllTextAsync(EdgeYaml, more);
    }

    private protected RunningProgram StartSuccessor(string? yaml = null) =>
        RunningProgram.StartMcptunnel("edge", "run", "--config", yaml ?? EdgeYaml, "--take-over", "--json");
}
