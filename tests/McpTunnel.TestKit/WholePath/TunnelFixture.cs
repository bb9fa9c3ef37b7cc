using System.Net;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Cli.Demo;
using McpTunnel.Cli.Demo.Agents;
using McpTunnel.Cli.Demo.Sample;
using McpTunnel.TestKit.Network;
using McpTunnel.TestKit.Tokens;
using ModelContextProtocol.Client;

namespace McpTunnel.TestKit.WholePath;

/// <summary>
/// The whole path in one process: edge, one client for each tunnel, issuer and sample server, each over real loopback sockets, with real
/// enrolment, certificates and files. Not thread-safe; calls through it are.
/// </summary>
public sealed class TunnelFixture : IAsyncDisposable
{
    /// <summary>The edge's domain. It is resolved nowhere: every connection names its address.</summary>
    public const string EdgeDomain = "edge.test";

    private readonly ScratchDirectory _root = new();
    private readonly List<IDisposable> _agents = [];
    private readonly bool _recordWires;
    private LocalEdge? _edge;

    private TunnelFixture(bool recordWires) => _recordWires = recordWires;

    public TestIssuer Issuer { get; private set; } = null!;

    /// <summary>The tunnels, in the order of the options.</summary>
    public IReadOnlyList<TestTunnel> Tunnels { get; private set; } = [];

    /// <summary>The first tunnel.</summary>
    public TestTunnel Tunnel => Tunnels[0];

    /// <summary>The wire between agents and the edge.</summary>
    public RecordingProxy? AgentWire { get; private set; }

    /// <summary>The wire between clients and the sample server.</summary>
    public RecordingProxy? UpstreamWire { get; private set; }

    /// <summary>Everything that the edge logged.</summary>
    public LogRecord EdgeLog { get; } = new();

    /// <summary>The edge's state directory.</summary>
    public string EdgeDirectory => _root["edge"];

    /// <summary>The authority that clients trust about the edge.</summary>
    public string EdgeCaFile => Edge.State.EdgeCaFile!;

    /// <summary>The edge's health and metrics.</summary>
    public Uri EdgeManagementUrl => Edge.Edge.ManagementUrl;

    /// <summary>The sample server, direct.</summary>
    public Uri SampleUrl => Sample.Url;

    internal LocalEdge Edge => _edge ?? throw new InvalidOperationException("The edge is stopped.");

    internal SampleEndpoint Sample { get; private set; } = null!;

    /// <summary>Starts everything and waits until all links are up.</summary>
    public static async Task<TunnelFixture> StartAsync(TunnelFixtureOptions? options = null)
    {
        options ??= new TunnelFixtureOptions();
        var fixture = new TunnelFixture(options.RecordWires);
        try
        {
            await fixture.StartPartsAsync(options);
            return fixture;
        }
        catch
        {
            await fixture.DisposeAsync();
            throw;
        }
    }

    /// <summary>A good token for a server of a tunnel.</summary>
    public string TokenFor(Uri url, params string[] scopes) => Issuer.CreateToken(url.AbsoluteUri, scopes);

    /// <summary>An HTTP client for a tunnel's servers: any name goes to the edge, and the tunnel's CA is the only one trusted.</summary>
    /// <param name="tunnel">Whose CA to trust; the first tunnel's when null.</param>
    /// <param name="token">Sent with every request; null for none.</param>
    /// <param name="serverName">The name to ask for in TLS, whatever the request's host; null for the host.</param>
    public HttpClient CreateHttpClient(TestTunnel? tunnel = null, string? token = null, string? serverName = null)
    {
        var authority = X509CertificateLoader.LoadCertificateFromFile((tunnel ?? Tunnel).CaFile);
        var handler = AgentHttp.Handler(AgentWire?.EndPoint ?? Edge.EndPoint, authority);
        // An agent that drops a response leaves at once, in place of reading on for two seconds.
        handler.ResponseDrainTimeout = TimeSpan.Zero;
        handler.MaxResponseDrainSize = 0;
        if (serverName is not null)
        {
            handler.ConnectCallback = new NamedConnector(AgentWire?.EndPoint ?? Edge.EndPoint, authority, serverName).ConnectAsync;
        }

        var client = new HttpClient(token is null ? handler : new BearerHandler(token, handler)) { Timeout = Eventually.Deadline };
        _agents.Add(client);
        _agents.Add(authority);
        return client;
    }

    /// <summary>The C# MCP client as agent of a server, in one protocol era.</summary>
    public async Task<McpClient> ConnectAgentAsync(Uri url, string protocolVersion, TestTunnel? tunnel = null, McpClientHandlers? handlers = null)
    {
        var http = CreateHttpClient(tunnel, TokenFor(url));
        http.Timeout = Timeout.InfiniteTimeSpan;
        var transport = new HttpClientTransport(new HttpClientTransportOptions { Endpoint = url, TransportMode = HttpTransportMode.StreamableHttp }, http);
        return await McpClient.CreateAsync(transport, new McpClientOptions { ProtocolVersion = protocolVersion, Handlers = handlers ?? new McpClientHandlers() });
    }

    /// <summary>Stops the edge: in order with a grace, on the spot without.</summary>
    public async Task StopEdgeAsync(TimeSpan? grace = null)
    {
        if (_edge is { } edge)
        {
            await edge.Edge.StopAsync(grace ?? TimeSpan.Zero);
            await edge.DisposeAsync();
        }
    }

    /// <summary>Starts the edge again, on the port that it had.</summary>
    public async Task RestartEdgeAsync(TimeSpan? grace = null)
    {
        var port = Edge.Edge.Port;
        await StopEdgeAsync(grace);
        _edge = await LocalEdge.StartAsync(EdgeDomain, EdgeDirectory, port, TimeProvider.System, EdgeLog.Factory, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        _agents.ForEach(agent => agent.Dispose());
        foreach (var tunnel in Tunnels)
        {
            await tunnel.DisposeAsync();
        }

        foreach (var part in new IAsyncDisposable?[] { _edge, AgentWire, UpstreamWire, Sample, Issuer })
        {
            if (part is not null)
            {
                await part.DisposeAsync();
            }
        }

        EdgeLog.Dispose();
        _root.Dispose();
    }

    private async Task StartPartsAsync(TunnelFixtureOptions options)
    {
        Issuer = await TestIssuer.StartAsync();
        var sample = await SampleServer.StartAsync(0, TimeProvider.System, null, null, CancellationToken.None);
        if (_recordWires)
        {
            UpstreamWire = RecordingProxy.Start(() => new IPEndPoint(IPAddress.Loopback, sample.BaseUrl.Port));
        }

        Sample = new SampleEndpoint(sample, UpstreamWire?.EndPoint);
        _edge = await LocalEdge.StartAsync(EdgeDomain, EdgeDirectory, 0, TimeProvider.System, EdgeLog.Factory, CancellationToken.None);
        if (_recordWires)
        {
            AgentWire = RecordingProxy.Start(() => Edge.EndPoint);
        }

        Tunnels = [.. options.Tunnels.Select(label => new TestTunnel(this, label, _root["client-" + label], options))];
        foreach (var tunnel in Tunnels)
        {
            await tunnel.SetUpAsync(_recordWires);
            await tunnel.ConfigureAsync([.. options.Servers]);
            await tunnel.StartAsync();
        }
    }
}
