using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Enrolment;
using McpTunnel.Client.Hosting;
using McpTunnel.Client.Proxying;
using McpTunnel.Client.SelfCalls;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Kestrel;
using Microsoft.AspNetCore.Connections;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>
/// The boundary over a plain loopback socket: everything behind the link, without the link. Its connections carry what an edge would have said.
/// </summary>
internal sealed class BoundaryHost : IAsyncDisposable
{
    public const string Domain = "acme.tunnel.test";

    private readonly ScratchDirectory _state;
    private readonly BoundaryServer _server;
    private readonly Boundary _boundary;
    private readonly X509Certificate2 _authority;
    private readonly List<HttpClient> _agents = [];
    private readonly Dictionary<SslStream, Socket> _sockets = [];
    private readonly EdgeClaims _edge;

    private BoundaryHost(ScratchDirectory state, BoundaryServer server, Boundary boundary, X509Certificate2 authority, ClientOptions options, RecordingLoggers logs, EdgeClaims edge)
    {
        _edge = edge;
        _state = state;
        _server = server;
        _boundary = boundary;
        _authority = authority;
        Options = options;
        Logs = logs;
        Port = new Uri(server.Addresses.First()).Port;
    }

    public ClientOptions Options { get; }

    /// <summary>What was logged.</summary>
    public RecordingLoggers Logs { get; }

    public int Port { get; }

    /// <summary>The name by which the edge routed, where it differs from the TLS handshake's.</summary>
    public string? EdgeSays { get => _edge.ServerName; set => _edge.ServerName = value; }

    /// <summary>Whether the link is being left.</summary>
    public bool IsDraining { set => _edge.IsDraining = value; }

    public static IPEndPoint Agent { get; } = new(IPAddress.Parse("203.0.113.7"), 40123);

    /// <summary>An open server at an upstream on loopback.</summary>
    public static ServerOptions Server(string name, Uri upstream) => new()
    {
        Name = name,
        Upstream = upstream,
        Authentication = new AuthenticationOptions { Mode = AuthenticationMode.None },
        AllowedNetworks = [IPNetwork.Parse("127.0.0.0/8")],
    };

    public static async Task<BoundaryHost> StartAsync(
        IReadOnlyList<ServerOptions> servers, LimitsOptions? limits = null, IHostResolver? resolver = null, TimeProvider? time = null)
    {
        var state = new ScratchDirectory();
        try
        {
            return await StartAsync(state, servers, limits ?? new LimitsOptions(), resolver ?? new SystemHostResolver(), time ?? TimeProvider.System);
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    public static string HostOf(string server) => $"{server}.{Domain}";

    public static Uri UrlOf(string server, string path = "/mcp") => new($"https://{HostOf(server)}{path}");

    /// <summary>Takes changed options over, as a changed file would.</summary>
    public Task ApplyAsync(ClientOptions options) => _boundary.ApplyAsync(options, CancellationToken.None);

    public Task StopAsync(CancellationToken graceEnds) => _server.StopAsync(graceEnds);

    /// <summary>An HTTP client that reaches every server here by its public name.</summary>
    public HttpClient NewAgent(Version version)
    {
        var agent = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) => await ConnectAsync(cancellationToken),
            SslOptions = TlsOptions(null),
            AllowAutoRedirect = false,
            UseCookies = false,

            // An agent that drops a response leaves at once, in place of reading on for two seconds.
            ResponseDrainTimeout = TimeSpan.Zero,
            MaxResponseDrainSize = 0,
            ActivityHeadersPropagator = null,
            RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        })
        {
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Eventually.Deadline,
        };
        _agents.Add(agent);
        return agent;
    }

    /// <summary>A TLS connection for HTTP/1.1 written by hand.</summary>
    public async Task<SslStream> OpenAsync(string serverName, SslApplicationProtocol? protocol = null)
    {
        var connection = await ConnectAsync(CancellationToken.None);
        var tls = new SslStream(connection);
        _sockets[tls] = connection.Socket;
        var options = TlsOptions(serverName);
        options.ApplicationProtocols = protocol is { } chosen ? [chosen] : null;
        await tls.AuthenticateAsClientAsync(options);
        return tls;
    }

    /// <summary>Ends the sending half of a connection that <see cref="OpenAsync"/> made.</summary>
    public void HalfClose(SslStream tls) => _sockets[tls].Shutdown(SocketShutdown.Send);

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents)
        {
            agent.Dispose();
        }

        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        await _boundary.DisposeAsync();
        _authority.Dispose();
        _state.Dispose();
    }

    /// <summary>Makes a CA for the tunnel's domain and a certificate for all its servers.</summary>
    public static async Task<X509Certificate2> IssueServerCertificateAsync(string state)
    {
        using var authority = ServerCa.CreateForTunnel(Domain, TimeProvider.System);
        using var issued = authority.IssueServerCertificate([$"*.{Domain}"]);
        await AtomicFiles.WriteAsync(ClientPaths.ServerCertificate(state), issued.ChainPem, FileProtection.Public, CancellationToken.None);
        await AtomicFiles.WriteAsync(ClientPaths.ServerKey(state), issued.Key.ExportPem(), FileProtection.OwnerOnly, CancellationToken.None);
        return X509CertificateLoader.LoadCertificate(authority.Certificate.RawData);
    }

    private static async Task<BoundaryHost> StartAsync(
        ScratchDirectory state, IReadOnlyList<ServerOptions> servers, LimitsOptions limits, IHostResolver resolver, TimeProvider time)
    {
        var authority = await IssueServerCertificateAsync(state.Path);
        var options = new ClientOptions
        {
            Edge = new Uri("https://tunnel.test"),
            StateDirectory = state.Path,
            Servers = servers,
            Limits = limits,
        };
        var logs = new RecordingLoggers();
        var edge = new EdgeClaims();
        var boundary = new Boundary(Domain, new EdgeProxy(new ProxyOptions { Url = ProxyOptions.Direct }, addressIsNamed: false, time), resolver, time, logs);
        await boundary.ApplyAsync(options, CancellationToken.None);
        var server = await BoundaryServer.StartAsync(
            (kestrel, configure) => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Use(next => connection =>
                {
                    connection.Features.Set<ITunnelConnectionFeature>(new EdgePreamble(connection, edge));
                    return next(connection);
                });
                configure(listen);
            }),
            transport: null,
            options.Limits,
            boundary.Routes,
            () => boundary.Certificates,
            new SelfCallBook(),
            time,
            logs,
            CancellationToken.None);
        return new BoundaryHost(state, server, boundary, authority, options, logs, edge);
    }

    private SslClientAuthenticationOptions TlsOptions(string? serverName) => new()
    {
        TargetHost = serverName,
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { _authority },
            RevocationMode = X509RevocationMode.NoCheck,
        },
    };

    private async Task<NetworkStream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private sealed class EdgeClaims
    {
        public string? ServerName { get; set; }

        public bool IsDraining { get; set; }
    }

    private sealed class EdgePreamble(ConnectionContext connection, EdgeClaims edge) : ITunnelConnectionFeature
    {
        public bool IsDraining => edge.IsDraining;

        public IPEndPoint? AgentEndPoint => Agent;

        // An honest edge routes by the name in the handshake.
        public string ServerName => edge.ServerName
            ?? connection.Features.Get<Microsoft.AspNetCore.Connections.Features.ITlsHandshakeFeature>()?.HostName
            ?? "";

        public string ConnectionId => "con_test";

        public string EdgeNode => "node-1";

        public string? AgentPlatform => null;

        public ILinkStream Stream { get; } = new FakeLinkStream(new FakeLink());
    }
}
