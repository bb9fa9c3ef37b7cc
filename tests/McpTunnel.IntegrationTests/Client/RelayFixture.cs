using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>A scripted upstream behind the boundary, new for each test, and an agent that speaks one HTTP version and no other.</summary>
public abstract class RelayFixture(string version)
{
    private readonly Version _version = Version.Parse(version);

    private protected ScriptedUpstream Upstream { get; private set; } = null!;

    private protected BoundaryHost Host { get; private set; } = null!;

    private protected HttpClient Agent { get; private set; } = null!;

    private protected bool IsHttp1 => _version.Major == 1;

    [SetUp]
    public async Task StartAsync()
    {
        Upstream = await ScriptedUpstream.StartAsync(Behaviour.EchoBody);
        Host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", Upstream.Url)]);
        Agent = Host.NewAgent(_version);
    }

    [TearDown]
    public async Task StopAsync()
    {
        Agent.Dispose();
        await Host.DisposeAsync();
        await Upstream.DisposeAsync();
    }

    private protected static HttpRequestMessage Post(HttpContent content) => new(HttpMethod.Post, BoundaryHost.UrlOf("docs")) { Content = content };

    /// <summary>Sends a request in the agent's HTTP version; returns once the response's headers are there.</summary>
    private protected Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        request.Version = _version;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return Eventually.ResultAsync(Agent.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken));
    }
}
