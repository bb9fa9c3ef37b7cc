using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Configuration.Values;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Network;
using McpTunnel.TestKit.Processes;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>An installation by the command line, for tests of it: an edge's and a client's files in a scratch directory.</summary>
public abstract class InstallationFixture
{
    protected const string EdgeDomain = "edge.test";

    private ScratchDirectory _root = null!;
    protected int Port { get; private set; }

    private protected HostEndPoint Listen => new("127.0.0.1", Port);

    protected ScratchDirectory Root => _root;

    protected string EdgeState => _root["edge"];

    protected string ClientState => _root["client"];

    protected string EdgeCa => Path.Combine(EdgeState, "edge-ca.pem");

    protected string Token => _root["token"];

    [SetUp]
    public void SetUp()
    {
        _root = new ScratchDirectory();
        Port = FreePort.Next();
    }

    [TearDown]
    public void TearDown() => _root.Dispose();

    protected async Task<RunningProgram> StartEdgeAsync()
    {
        await RunAsync("edge", "init", "--domain", EdgeDomain, "--state", EdgeState, "--listen", $"127.0.0.1:{Port}");
        var configuration = Path.Combine(EdgeState, "edge.yaml");
        await File.AppendAllTextAsync(configuration, "\nmanagement: 127.0.0.1:0\n");
        var edge = RunningProgram.StartMcptunnel("edge", "run", "--config", configuration, "--json");
        await edge.NextLineAsync();
        return edge;
    }

    protected async Task EnrolAsync(string label)
    {
        await RunAsync("edge", "tunnels", "create", label, "--state", EdgeState);
        await RunAsync("edge", "tokens", "create", label, "--state", EdgeState, "--token-file", Token);
        await RunAsync(EnrolArguments());
    }

    protected string[] EnrolArguments() =>
        ["client", "enroll", "--edge", $"https://{EdgeDomain}:{Port}", "--connect", $"127.0.0.1:{Port}", "--ca-file", EdgeCa, "--token-file", Token, "--state", ClientState];

    protected Task WriteClientYamlAsync(Uri upstream, string more = "") => File.WriteAllTextAsync(Path.Combine(ClientState, "client.yaml"), $"""
        edge: https://{EdgeDomain}:{Port}
        edgeCaFile: {EdgeCa}
        edgeEndPoints: [127.0.0.1:{Port}]
        stateDirectory: {ClientState}
        management:
          listen: 127.0.0.1:0
        servers:
          - name: docs
            upstream: {upstream}
            allowedNetworks: [127.0.0.0/8]
            authentication:
              mode: none
        {more}
        """);

    protected async Task<string> CallAsync(Uri url)
    {
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(ClientState, "server-ca.pem"));
        using var http = NewAgent(authority);
        using var response = await http.PostAsync(url, new StringContent("{}", null, "application/json"));
        return await response.Content.ReadAsStringAsync();
    }

    protected HttpClient NewAgent(X509Certificate2 authority) => new(McpTunnel.Cli.Demo.Agents.AgentHttp.Handler(new IPEndPoint(IPAddress.Loopback, Port), authority));

    protected HttpClient Administrator(X509Certificate2 authority)
    {
        var http = new HttpClient(McpTunnel.Cli.Demo.Agents.AgentHttp.Handler(new IPEndPoint(IPAddress.Loopback, Port), authority))
        {
            BaseAddress = new Uri($"https://{EdgeDomain}:{Port}"),
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(EdgeState, "admin-key")).Trim());
        return http;
    }

    protected static async Task<ProgramResult> RunAsync(params string[] arguments)
    {
        var result = await RunningProgram.RunMcptunnelAsync(arguments);
        Assert.That(result.ExitCode, Is.Zero, $"{string.Join(' ', arguments)}: {result}");
        return result;
    }
}
