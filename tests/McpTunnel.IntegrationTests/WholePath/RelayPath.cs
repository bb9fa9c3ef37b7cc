using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using McpTunnel.IntegrationTests.Client;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Network;
using McpTunnel.TestKit.Upstreams;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>
/// A scripted upstream behind the whole path, for tests of what the path must keep: servers <c>docs</c> (scripted), <c>wiki</c> (the same
/// upstream, one origin allowed), <c>raw</c> (a bare socket) and <c>down</c> (nobody listens).
/// </summary>
internal sealed class RelayPath : IAsyncDisposable
{
    private readonly TunnelFixture _tunnel;
    private readonly HttpClient _agent;
    private readonly Version _version;
    private int _seen;

    private RelayPath(ScriptedUpstream upstream, RawUpstream raw, TunnelFixture tunnel, Version version)
    {
        Upstream = upstream;
        Raw = raw;
        _tunnel = tunnel;
        _version = version;
        _agent = tunnel.CreateHttpClient();
    }

    public ScriptedUpstream Upstream { get; }

    public RawUpstream Raw { get; }

    /// <summary>What the scripted upstream was asked since <see cref="Reset"/>.</summary>
    public IReadOnlyList<RecordedRequest> Sent => [.. Upstream.Requests.Skip(_seen)];

    /// <param name="version">The HTTP version that the agent speaks, and no other.</param>
    /// <param name="raw">What the server <c>raw</c> does with each request.</param>
    public static async Task<RelayPath> StartAsync(string version, Func<RawUpstream.Exchange, Task> raw)
    {
        var upstream = await ScriptedUpstream.StartAsync(Behaviour.EchoBody);
        var socket = new RawUpstream(raw);
        var tunnel = await TunnelFixture.StartAsync(new()
        {
            Servers =
            [
                new("docs") { Upstream = upstream.Url, NeedsToken = false },
                new("wiki") { Upstream = upstream.Url, NeedsToken = false, Yaml = ["allowedOrigins: ['https://app.example.com']"] },
                new("raw") { Upstream = socket.Url, NeedsToken = false },
                new("down") { Upstream = new Uri($"http://127.0.0.1:{FreePort.Next()}/mcp"), NeedsToken = false },
            ],
        });
        return new RelayPath(upstream, socket, tunnel, Version.Parse(version));
    }

    public Uri UrlOf(string server, string path = "/mcp") => _tunnel.Tunnel.UrlOf(server, path);

    public string AuthorityOf(string server) => UrlOf(server).Authority;

    /// <summary>Between two tests: the upstream echoes, and nothing was asked yet.</summary>
    public void Reset()
    {
        Upstream.Become(Behaviour.EchoBody);
        _seen = Upstream.Requests.Count;
    }

    public HttpRequestMessage Post(string body = "{}", string server = "docs") => Post(new StringContent(body), server);

    public HttpRequestMessage Post(HttpContent content, string server = "docs") => new(HttpMethod.Post, UrlOf(server)) { Content = content };

    public HttpRequestMessage Request(string method, string server = "docs") =>
        method == "POST" ? Post(server: server) : new(new HttpMethod(method), UrlOf(server));

    /// <summary>Sends a request in the agent's HTTP version; returns once the response's headers are there.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        request.Version = _version;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return Eventually.ResultAsync(_agent.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken));
    }

    /// <summary>A TLS connection through the edge whose handshake names one server, for requests that name another.</summary>
    public async Task<SslStream> OpenAsync(string server)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, UrlOf(server).Port, CancellationToken.None);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        using var authority = X509CertificateLoader.LoadCertificateFromFile(_tunnel.Tunnel.CaFile);
        var options = McpTunnel.Cli.Demo.Agents.AgentHttp.Trusting(authority);
        options.TargetHost = UrlOf(server).Host;
        options.ApplicationProtocols = [_version.Major == 2 ? SslApplicationProtocol.Http2 : SslApplicationProtocol.Http11];
        await tls.AuthenticateAsClientAsync(options, CancellationToken.None);
        return tls;
    }

    /// <summary>Waits until the upstream sees that the caller of a request has gone.</summary>
    public async Task AbortOfAsync(RecordedRequest request)
    {
        // Tests before this one may have left streams open that end late.
        while (await Eventually.ResultAsync(Upstream.NextAbortAsync(CancellationToken.None).AsTask()) != request)
        {
        }
    }

    /// <summary>Exactly that many bytes of a body, as text.</summary>
    public static async Task<string> ReadAsync(Stream body, int bytes)
    {
        var buffer = new byte[bytes];
        await Eventually.EndAsync(body.ReadExactlyAsync(buffer).AsTask());
        return Encoding.UTF8.GetString(buffer);
    }

    public async ValueTask DisposeAsync()
    {
        await _tunnel.DisposeAsync();
        await Raw.DisposeAsync();
        await Upstream.DisposeAsync();
    }
}
