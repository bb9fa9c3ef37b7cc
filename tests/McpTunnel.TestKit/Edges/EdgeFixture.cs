using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Keys;
using McpTunnel.Certificates.Live;
using McpTunnel.Certificates.Requests;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Hosting;
using McpTunnel.Edge.Initialization;
using McpTunnel.Protocol.Control;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Credentials;
using McpTunnel.Registry.Tunnels;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Quic;
using McpTunnel.Transport.Tls;
using McpTunnel.Transport.WebSockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.TestKit.Edges;

/// <summary>A real edge on loopback in a directory of its own, with one tunnel, <c>acme</c>, and what a client of it needs.</summary>
public sealed class EdgeFixture : IAsyncDisposable
{
    public const string Domain = "tunnel.test";
    public const string ServerName = "docs.acme.tunnel.test";

    private const string State = "state";

    private readonly ScratchDirectory _directory;
    private long _generation;

    private EdgeFixture(ScratchDirectory directory, TunnelEdge edge, string adminKey, X509Certificate2Collection authorities, TunnelRecord tunnel, ClientCredentials credentials)
    {
        _directory = directory;
        Edge = edge;
        AdminKey = adminKey;
        Authorities = authorities;
        Tunnel = tunnel;
        Credentials = credentials;
        Metrics = new MeterReading(edge.Services.GetRequiredService<McpTunnel.Edge.Telemetry.EdgeMetrics>().Meter);
    }

    public TunnelEdge Edge { get; }

    public string AdminKey { get; }

    /// <summary>Who issued the certificate of the edge's own names.</summary>
    public X509Certificate2Collection Authorities { get; }

    public TunnelRecord Tunnel { get; }

    public ClientCredentials Credentials { get; }

    /// <summary>What the edge has counted.</summary>
    public MeterReading Metrics { get; }

    public IPEndPoint EndPoint => new(IPAddress.Loopback, Edge.Port);

    /// <param name="limits">The edge's limits; the defaults when null.</param>
    /// <param name="listen">Where it listens; IPv4 loopback when null.</param>
    /// <param name="time">Its clock; the system's when null.</param>
    /// <param name="loggers">Where its events go; nowhere when null.</param>
    public static async Task<EdgeFixture> StartAsync(
        EdgeLimitOptions? limits = null, IReadOnlyList<HostEndPoint>? listen = null, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        var directory = new ScratchDirectory();
        try
        {
            return await StartAsync(directory, limits ?? new EdgeLimitOptions(), listen, time ?? TimeProvider.System, loggers ?? NullLoggerFactory.Instance);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Another tunnel with credentials of its own.</summary>
    public async Task<(TunnelRecord Tunnel, ClientCredentials Credentials)> AddTunnelAsync(string label)
    {
        var tunnel = await Edge.Services.GetRequiredService<ITunnelRegistry>().CreateAsync(label, Domain, AdminActor.Local, CancellationToken.None);
        return (tunnel, await EnrolAsync(Edge.Services, tunnel));
    }

    public LinkHello Hello(int index = 0, string instance = "instance-1", long? generation = null, ClientCredentials? credentials = null) => new(
        (credentials ?? Credentials).TunnelId,
        new Secret((credentials ?? Credentials).Token),
        instance,
        index,
        generation ?? Interlocked.Increment(ref _generation),
        "test/1",
        ["docs"]);

    /// <summary>Brings up a link as a client does, over real sockets and TLS.</summary>
    /// <param name="hello">What it says of itself.</param>
    /// <param name="credentials">Whose it is; the first tunnel's when null.</param>
    /// <param name="carrier">What it runs on.</param>
    /// <param name="change">Other options of the dial.</param>
    public async Task<ILink> DialAsync(
        LinkHello? hello = null, ClientCredentials? credentials = null, Carrier carrier = Carrier.Tls, Func<LinkDialOptions, LinkDialOptions>? change = null)
    {
        var options = new LinkDialOptions
        {
            Edge = new Uri($"https://link.{Domain}:{Edge.Port}"),
            Certificate = (credentials ?? Credentials).Certificate,
            TrustedAuthorities = Authorities,
            ConnectTo = EndPoint,
        };
        options = change?.Invoke(options) ?? options;
        ILinkDialer dialer = carrier switch
        {
            Carrier.Quic => new QuicLinkDialer(options, TimeProvider.System),
            Carrier.Websocket => new WebSocketLinkDialer(options, TimeProvider.System),
            _ => new TlsLinkDialer(options, TimeProvider.System),
        };
        return await dialer.DialAsync(hello ?? Hello(credentials: credentials), CancellationToken.None);
    }

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(EndPoint);
        return socket;
    }

    /// <summary>A client of the edge's own HTTP API.</summary>
    public HttpClient CreateHttpClient(bool asAdmin = false, X509Certificate2? certificate = null)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(EndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = TrustPolicy(),
                ClientCertificates = certificate is null ? null : [certificate],
            },
        };
        var client = new HttpClient(handler) { BaseAddress = new Uri($"https://{Domain}:{Edge.Port}/") };
        if (asAdmin)
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", AdminKey);
        }

        return client;
    }

    /// <summary>A link certificate of the tunnel, entered in the registry, issued at <paramref name="issued"/>.</summary>
    public async Task<X509Certificate2> IssueCertificateAsync(DateTimeOffset issued)
    {
        using var authority = await TunnelCa.LoadAsync(
            PathOf(EdgeStateFiles.TunnelCa), PathOf(EdgeStateFiles.TunnelCaKey), new FakeTimeProvider(issued), CancellationToken.None);
        return (await IssueAsync(Edge.Services, authority, Tunnel)).Certificate;
    }

    /// <summary>Gives the edge's own names another certificate; returns that of the authority that issued it.</summary>
    public async Task<X509Certificate2> ReplaceCertificateAsync()
    {
        using var authority = ServerCa.CreateForEdge(Domain, TimeProvider.System);
        await ReplaceCertificateAsync(authority);
        return X509CertificateLoader.LoadCertificate(authority.Certificate.RawData);
    }

    /// <summary>Gives the edge's own names another certificate of an authority.</summary>
    public async Task ReplaceCertificateAsync(ServerCa authority)
    {
        using var pair = authority.IssueServerCertificate([Domain, $"link.{Domain}"]);
        using (var files = new AtomicFiles())
        {
            await files.StageAsync(PathOf(EdgeStateFiles.Key), pair.Key.ExportPem(), FileProtection.OwnerOnly, CancellationToken.None);
            await files.StageAsync(PathOf(EdgeStateFiles.Certificate), pair.ChainPem, FileProtection.Public, CancellationToken.None);
            files.Commit();
        }

        await Edge.Services.GetRequiredService<CertificateSource>().RefreshAsync(CancellationToken.None);
    }

    /// <summary>Trusts the edge's authority and nobody else.</summary>
    public X509ChainPolicy TrustPolicy() => TrustPolicy(Authorities);

    public static X509ChainPolicy TrustPolicy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    public async ValueTask DisposeAsync()
    {
        Metrics.Dispose();
        await Edge.DisposeAsync();
        Credentials.Dispose();
        _directory.Dispose();
    }

    private string PathOf(string file) => Path.Combine(_directory[State], file);

    private static async Task<EdgeFixture> StartAsync(
        ScratchDirectory directory, EdgeLimitOptions limits, IReadOnlyList<HostEndPoint>? listen, TimeProvider time, ILoggerFactory loggers)
    {
        var made = await EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = Domain, StateDirectory = directory[State] }, time, loggers, CancellationToken.None);
        var options = new EdgeOptions
        {
            Domain = Domain,
            Listen = listen ?? [new HostEndPoint("127.0.0.1", 0)],
            Management = new HostEndPoint("127.0.0.1", 0),
            Node = "edge-test",
            State = directory[State],
            Limits = limits,
        };
        var edge = await TunnelEdge.StartAsync(options, loggers, time);
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(made.EdgeCaFile!);
        var tunnel = await edge.Services.GetRequiredService<ITunnelRegistry>().CreateAsync("acme", Domain, AdminActor.Local, CancellationToken.None);
        var credentials = await EnrolAsync(edge.Services, tunnel);
        return new EdgeFixture(directory, edge, (await File.ReadAllTextAsync(made.AdminKeyFile)).Trim(), authorities, tunnel, credentials);
    }

    /// <summary>A token and a link certificate of a tunnel, from the registry and the authority of a running edge.</summary>
    internal static async Task<ClientCredentials> EnrolAsync(IServiceProvider services, TunnelRecord tunnel)
    {
        var registry = services.GetRequiredService<ICredentialRegistry>();
        var token = await registry.IssueTokenAsync(tunnel.Id, lifetime: null, TimeSpan.Zero, AdminActor.Local, CancellationToken.None);
        var (certificate, serial) = await IssueAsync(services, services.GetRequiredService<EdgeResources>().TunnelCa, tunnel);
        return new ClientCredentials(tunnel.Id, token.Token.Reveal(), token.Record.Id, serial, certificate);
    }

    private static async Task<(X509Certificate2 Certificate, string Serial)> IssueAsync(IServiceProvider services, TunnelCa authority, TunnelRecord tunnel)
    {
        using var key = PrivateKey.Create();
        using var issued = authority.IssueLinkCertificate(SigningRequest.Parse(SigningRequest.Create(key, tunnel.Id)), tunnel.Id);
        await services.GetRequiredService<ICredentialRegistry>().AddCertificateAsync(
            new LinkCertificateRecord(tunnel.Id, issued.Serial, issued.Fingerprint, issued.NotBefore, issued.NotAfter, issued.NotBefore, Revoked: null),
            AdminActor.Local,
            CancellationToken.None);
        return (key.AttachTo(issued.Certificate), issued.Serial);
    }
}
