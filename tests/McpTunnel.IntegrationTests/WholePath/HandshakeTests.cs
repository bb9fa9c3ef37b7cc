using System.Net;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Live;
using McpTunnel.Cli.CertsCommands;
using McpTunnel.Client.Configuration;
using McpTunnel.Edge.Initialization;
using McpTunnel.IntegrationTests.Transport;
using McpTunnel.Protocol.Control;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Credentials;
using McpTunnel.Registry.Tunnels;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.TestKit.Upstreams;
using McpTunnel.TestKit.WholePath;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Quic;
using McpTunnel.Transport.Tls;
using Microsoft.Extensions.DependencyInjection;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>Handshakes of links with the edge, and of agents with the client behind it, while what they are shown changes.</summary>
[CancelAfter(120_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class HandshakeTests
{
    private const int Each = 60;
    private const int AtOnce = 4;

    private ScriptedUpstream _upstream = null!;
    private int _generation;

    [SetUp]
    public async Task StartUpstreamAsync() => _upstream = await ScriptedUpstream.StartAsync(Behaviour.Reply(200, "application/json", "{}"));

    [TearDown]
    public async Task StopUpstreamAsync() => await _upstream.DisposeAsync();

    [TestCase(Carrier.Tls)]
    [TestCase(Carrier.Quic, Category = "Quic")]
    public async Task F32_links_and_agents_shake_hands_while_the_certificates_of_both_ends_are_replaced_again_and_again(Carrier carrier, CancellationToken cancellationToken)
    {
        if (carrier == Carrier.Quic)
        {
            Requires.Quic();
        }

        await using var path = await StartAsync($"carriers: [{(carrier == Carrier.Quic ? "quic" : "tls")}]");
        using var elsewhere = new SilentAuthority("link.edge.test");
        using var authority = ServerCa.CreateForEdge(TunnelFixture.EdgeDomain, TimeProvider.System);
        using var credentials = await EnrolAsync(path, elsewhere);
        await ReplaceEdgeCertificateAsync(path, authority);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var replacing = RepeatAsync(() => ReplaceEdgeCertificateAsync(path, authority), enough.Token);
        var reloading = RepeatAsync(() => ReplaceServerCertificateAsync(path), enough.Token);

        var links = ManyAsync(async () =>
        {
            await using var link = await DialAsync(path, credentials, carrier, authority.Certificate);
            return link.State;
        });
        var agents = ManyAsync(() => CallAsync(path, cancellationToken));
        var states = await links;
        var statuses = await agents;
        await enough.CancelAsync();

        await TestContext.Out.WriteLineAsync($"The edge's certificate was replaced {await replacing} times, the server's {await reloading} times.");
        Assert.That(states, Is.All.EqualTo(LinkState.Active));
        Assert.That(statuses, Is.All.EqualTo(HttpStatusCode.OK));
        Assert.That(await replacing, Is.GreaterThan(4));
        Assert.That(await reloading, Is.GreaterThan(4));
        Assert.That(elsewhere.Fetches, Is.Zero, "nobody asks the server that the link certificate names");
    }

    [Test]
    [Platform("Linux")]
    [SupportedOSPlatform("linux")]
    public async Task F32_certificate_file_whose_opening_hangs_holds_up_no_handshake(CancellationToken cancellationToken)
    {
        await using var path = await StartAsync("carriers: [tls]");
        using var credentials = await EnrolAsync(path, null);
        var server = Path.Combine(path.Tunnel.StateDirectory, CertsGroup.ServerCertificate);

        using (var edges = await HeldFile.HoldAsync(Path.Combine(path.EdgeDirectory, EdgeStateFiles.Certificate)))
        using (var servers = await HeldFile.HoldAsync(server))
        {
            await Eventually.ThatAsync(() => edges.IsAwaited && servers.IsAwaited, "both ends wait for their file");

            var links = await ManyAsync(async () =>
            {
                await using var link = await DialAsync(path, credentials, Carrier.Tls, path.Edge.Connection.Authorities!.Single());
                return link.State;
            });
            var agents = await ManyAsync(() => CallAsync(path, cancellationToken));

            Assert.That(links, Is.All.EqualTo(LinkState.Active));
            Assert.That(agents, Is.All.EqualTo(HttpStatusCode.OK));
            Assert.That(edges.IsAwaited && servers.IsAwaited, Is.True, "both ends still wait");
        }
    }

    private Task<TunnelFixture> StartAsync(string carriers) =>
        TunnelFixture.StartAsync(new TunnelFixtureOptions { Servers = [new("docs") { NeedsToken = false, Upstream = _upstream.Url }], LinksYaml = [carriers] });

    /// <summary>Credentials of another tunnel; their certificate names the servers of an authority, where one is given.</summary>
    private static async Task<ClientCredentials> EnrolAsync(TunnelFixture path, SilentAuthority? named)
    {
        var services = path.Edge.Edge.Services;
        var tunnel = await services.GetRequiredService<ITunnelRegistry>().CreateAsync("links", TunnelFixture.EdgeDomain, AdminActor.Local, CancellationToken.None);
        var credentials = await EdgeFixture.EnrolAsync(services, tunnel);
        if (named is null)
        {
            return credentials;
        }

        using var authority = X509Certificate2.CreateFromPemFile(
            Path.Combine(path.EdgeDirectory, EdgeStateFiles.TunnelCa), Path.Combine(path.EdgeDirectory, EdgeStateFiles.TunnelCaKey));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(LinkCertificateName.UriOf(tunnel.Id)));
        var certificate = named.Issue(authority, names.Build());
        var serial = certificate.SerialNumber.ToLowerInvariant();
        await services.GetRequiredService<ICredentialRegistry>().AddCertificateAsync(
            new LinkCertificateRecord(
                tunnel.Id, serial, certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant(), certificate.NotBefore, certificate.NotAfter, certificate.NotBefore, Revoked: null),
            AdminActor.Local,
            CancellationToken.None);
        return credentials with { Certificate = certificate, Serial = serial };
    }

    private static async Task ReplaceEdgeCertificateAsync(TunnelFixture path, ServerCa authority)
    {
        using var pair = authority.IssueServerCertificate([TunnelFixture.EdgeDomain, $"link.{TunnelFixture.EdgeDomain}"]);
        using (var files = new AtomicFiles())
        {
            await files.StageAsync(Path.Combine(path.EdgeDirectory, EdgeStateFiles.Key), pair.Key.ExportPem(), FileProtection.OwnerOnly, CancellationToken.None);
            await files.StageAsync(Path.Combine(path.EdgeDirectory, EdgeStateFiles.Certificate), pair.ChainPem, FileProtection.Public, CancellationToken.None);
            files.Commit();
        }

        await path.Edge.Edge.Services.GetRequiredService<CertificateSource>().RefreshAsync(CancellationToken.None);
    }

    /// <summary>A new certificate in files of its own, which a changed configuration names.</summary>
    private static async Task ReplaceServerCertificateAsync(TunnelFixture path)
    {
        var state = path.Tunnel.StateDirectory;
        using var authority = await ServerCa.LoadAsync(Path.Combine(state, CertsGroup.CaCertificate), Path.Combine(state, CertsGroup.CaKey), TimeProvider.System, CancellationToken.None);
        using var pair = authority.IssueServerCertificate([$"*.{authority.Domain}"]);
        var name = Path.Combine(state, Path.GetRandomFileName());
        var files = new CertificateOptions { CertificateFile = name + ".pem", KeyFile = name + ".key" };
        await AtomicFiles.WriteAsync(files.KeyFile, pair.Key.ExportPem(), FileProtection.OwnerOnly, CancellationToken.None);
        await AtomicFiles.WriteAsync(files.CertificateFile, pair.ChainPem, FileProtection.Public, CancellationToken.None);
        var options = ClientConfiguration.Loader(new Dictionary<string, string>()).Load(path.Tunnel.ConfigurationFile).Require();
        await path.Tunnel.Client.ApplyAsync(options with { Certificate = files }, CancellationToken.None);
    }

    private static async Task<int> RepeatAsync(Func<Task> action, CancellationToken enough)
    {
        var times = 0;
        for (; !enough.IsCancellationRequested; times++)
        {
            await Task.Run(action, CancellationToken.None);
        }

        return times;
    }

    /// <summary>Some at once, one after another each.</summary>
    private static async Task<List<T>> ManyAsync<T>(Func<Task<T>> action)
    {
        var results = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            var own = new List<T>();
            for (var i = 0; i < Each / AtOnce; i++)
            {
                own.Add(await action());
            }

            return own;
        }));
        return [.. results.SelectMany(own => own)];
    }

    /// <summary>An agent that begins with a handshake.</summary>
    private static async Task<HttpStatusCode> CallAsync(TunnelFixture path, CancellationToken cancellationToken)
    {
        HttpClient agent;
        lock (path)
        {
            agent = path.CreateHttpClient();
        }

        using var response = await agent.GetAsync(path.Tunnel.UrlOf("docs"), cancellationToken);
        return response.StatusCode;
    }

    private Task<ILink> DialAsync(TunnelFixture path, ClientCredentials credentials, Carrier carrier, X509Certificate2 trusted)
    {
        var generation = Interlocked.Increment(ref _generation);
        var dial = new LinkDialOptions
        {
            Edge = new Uri($"https://link.{TunnelFixture.EdgeDomain}:{path.Edge.Edge.Port}"),
            Certificate = credentials.Certificate,
            TrustedAuthorities = [trusted],
            ConnectTo = path.Edge.EndPoint,
        };
        var hello = new LinkHello(credentials.TunnelId, new Secret(credentials.Token), $"instance-{generation}", 0, generation, "test/1", ["docs"]);
        return (carrier == Carrier.Quic ? (ILinkDialer)new QuicLinkDialer(dial, TimeProvider.System) : new TlsLinkDialer(dial, TimeProvider.System)).DialAsync(hello, CancellationToken.None);
    }
}
