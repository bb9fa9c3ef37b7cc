using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Client.Enrolment;
using McpTunnel.Client.Health;
using McpTunnel.Client.Hosting;
using McpTunnel.Client.Linking;
using McpTunnel.Configuration;
using McpTunnel.IntegrationTests.Transport;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.TestKit;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>The client's one door: from files to links, health, live changes and an orderly end.</summary>
public sealed class TunnelClientTests
{
    private ScratchDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new ScratchDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public async Task Start_from_files_brings_links_up_and_tells_the_edge_its_servers()
    {
        LinkRequest? seen = null;
        await using var edge = await TlsCarrierFixture.StartAsync(request =>
        {
            seen = request;
            return LinkDecision.Accept(BoundaryHost.Domain);
        });
        await using var client = await StartAsync(edge);

        await Eventually.EndAsync(client.FirstRegistered);

        Assert.Multiple(() =>
        {
            Assert.That(seen?.TunnelId, Is.EqualTo("tnl_aaaaaaaaaaaaaaaa"));
            Assert.That(seen?.Software, Does.StartWith("mcptunnel/"));
            Assert.That(seen?.Instance, Does.StartWith("ins_"));
            Assert.That(client.ServerUrls, Is.EqualTo(new[] { new Uri("https://docs.acme.tunnel.test:8443/mcp") }));
        });
    }

    [Test]
    public async Task Health_tells_alive_from_ready_and_why()
    {
        var decision = LinkDecision.Refuse(TunnelCode.EdgeDraining, "Not now.");
        await using var edge = await TlsCarrierFixture.StartAsync(_ => decision);
        await using var client = await StartAsync(edge);
        using var http = new HttpClient { BaseAddress = client.ManagementUrl };
        await Eventually.ThatAsync(() => client.Status.Links.Any(link => link.LastError is not null), "the refusal is seen");

        using var alive = await http.GetAsync("/healthz");
        using var ready = await http.GetAsync("/readyz");
        var readiness = await ready.Content.ReadFromJsonAsync(HealthJson.Default.Readiness);

        Assert.Multiple(() =>
        {
            Assert.That(alive.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(readiness?.Reasons.Single(), Is.EqualTo("No link to the edge is up: The edge refused the link (edge_draining): Not now."));
        });
    }

    [Test]
    public async Task Status_and_metrics_say_what_runs()
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var client = await StartAsync(edge);
        await Eventually.EndAsync(client.FirstRegistered);
        using var http = new HttpClient { BaseAddress = client.ManagementUrl };
        await Eventually.ThatAsync(() => client.Status.Readiness.Ready, "the client is ready");

        using var document = JsonDocument.Parse(await http.GetStringAsync("/status"));
        var metrics = await http.GetStringAsync("/metrics");
        using var ready = await http.GetAsync("/readyz");
        using var unknown = await http.GetAsync("/secret");

        var root = document.RootElement;
        var server = root.GetProperty("servers")[0];
        Assert.Multiple(() =>
        {
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(unknown.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(root.GetProperty("domain").GetString(), Is.EqualTo(BoundaryHost.Domain));
            Assert.That(root.GetProperty("configuration").GetProperty("errors").GetArrayLength(), Is.Zero);
            Assert.That(root.GetProperty("links")[0].GetProperty("state").GetString(), Is.EqualTo(nameof(LinkSlotState.Up)).IgnoreCase);
            Assert.That(root.GetProperty("linkCertificate").GetProperty("notAfter").GetDateTimeOffset(), Is.GreaterThan(TimeProvider.System.GetUtcNow()));
            Assert.That(server.GetProperty("name").GetString(), Is.EqualTo("docs"));
            Assert.That(server.GetProperty("certificate").GetProperty("subject").GetString(), Does.Contain("acme.tunnel.test"));
            Assert.That(metrics, Does.Contain("# TYPE"));
            Assert.That(document.RootElement.GetRawText() + metrics, Does.Not.Contain("mct_"), "no secret");
        });
    }

    [Test]
    public async Task F33_changed_file_is_taken_over_live_and_a_bad_one_shows_in_the_status()
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var client = await StartAsync(edge);
        _directory.Write("servers.d/wiki.yaml", "servers: [{ name: wiki, upstream: http://10.0.0.6/mcp, authentication: { mode: none } }]\n");
        await Eventually.ThatAsync(() => client.ServerUrls.Count == 2, "the new server is there");

        _directory.Write("servers.d/wiki.yaml", "servers: [{ name: wiki, upstrea");
        await Eventually.ThatAsync(() => client.Status.Configuration!.Errors.Count > 0, "the error is told");

        var status = client.Status.Configuration!;
        Assert.Multiple(() =>
        {
            Assert.That(client.ServerUrls.Select(url => url.Host), Is.EqualTo(new[] { "docs.acme.tunnel.test", "wiki.acme.tunnel.test" }));
            Assert.That(status.Errors[0], Does.Contain("servers.d/wiki.yaml:"));
            Assert.That((status.Reloads, status.Refusals), Is.EqualTo((1L, 1L)));
        });
    }

    [Test]
    public async Task Change_that_needs_a_restart_is_told()
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var client = await StartAsync(edge);

        WriteConfiguration(edge.Port, "links: { count: 2, selfCallEvery: 0s }\n");

        await Eventually.ThatAsync(() => client.Status.Configuration!.NeedsRestart.SequenceEqual(["links"]), "status names what waits");
    }

    [Test]
    public async Task Refusal_for_good_ends_the_client_with_its_reason()
    {
        await using var edge = await TlsCarrierFixture.StartAsync(_ => LinkDecision.Refuse(TunnelCode.TokenRevoked, "The token was revoked."));
        await using var client = await StartAsync(edge);

        var refusal = await Eventually.ResultAsync(client.Completion);

        Assert.That(refusal?.Code, Is.EqualTo(TunnelCode.TokenRevoked));
    }

    [Test]
    public async Task F11_name_that_does_not_resolve_at_first_is_asked_for_again_and_the_links_come_up()
    {
        var answers = false;
        await using var edge = await TlsCarrierFixture.StartAsync();
        var resolver = new ScriptedResolver(_ => Volatile.Read(ref answers) ? [IPAddress.Loopback] : throw new SocketException((int)SocketError.TryAgain));
        await using var client = await StartAsync(edge, Settings with { Resolver = resolver }, endPoints: false);
        await Eventually.ThatAsync(() => client.Status.Links[0].LastError is not null, "the failure is told");
        var told = client.Status.Readiness.Reasons[0];

        Volatile.Write(ref answers, true);

        await Eventually.EndAsync(client.FirstRegistered);
        Assert.That(told, Does.Contain("the name does not resolve (TryAgain)"));
    }

    [Test]
    public async Task F24_node_named_by_the_edge_is_where_the_link_goes_at_once_when_its_own_node_asks_it_to_leave()
    {
        await using var second = await TlsCarrierFixture.StartAsync();
        var asked = 0;
        await using var first = await TlsCarrierFixture.StartAsync(_ =>
        {
            Interlocked.Increment(ref asked);
            return LinkDecision.Accept(BoundaryHost.Domain) with { OtherNodes = [new OtherNode("edge-2", $"127.0.0.1:{second.Port}")] };
        }, sameEdge: second);
        await using var client = await StartAsync(first, Local, endPoints: false, links: "links: { count: 1, selfCallEvery: 0s }");
        var link = await Eventually.ResultAsync(first.Authorizer.FirstLink);

        link.BeginDrain(TunnelCode.EdgeDraining, "The node is stopping.", new DrainNotice(TimeSpan.Zero, TimeSpan.FromSeconds(5), "The node is stopping."));
        await Eventually.ResultAsync(second.Authorizer.FirstLink);
        await Eventually.ThatAsync(() => client.Status.Links[0] is { State: LinkSlotState.Up, Attempts: 2 }, "the new link is up after one dial");

        Assert.That(asked, Is.EqualTo(1), "the node that leaves is not asked again");
    }

    [Test]
    public async Task F25_links_spread_over_the_node_that_DNS_knows_and_the_one_that_the_edge_names()
    {
        await using var second = await TlsCarrierFixture.StartAsync();
        await using var first = await TlsCarrierFixture.StartAsync(
            _ => LinkDecision.Accept(BoundaryHost.Domain) with { OtherNodes = [new OtherNode("edge-2", $"127.0.0.1:{second.Port}")] }, sameEdge: second);
        var links = new ConcurrentQueue<string>();
        first.Authorizer.OnRegistered = _ => links.Enqueue("first");
        second.Authorizer.OnRegistered = _ => links.Enqueue("second");

        await using var client = await StartAsync(first, Local, endPoints: false, links: "links: { count: 2, selfCallEvery: 0s }");
        await Eventually.ThatAsync(() => client.Status.Links.All(link => link.State == LinkSlotState.Up), "both links are up");

        Assert.That(links, Is.EqualTo(new[] { "first", "second" }));
    }

    [Test]
    public async Task Stop_ends_links_and_listeners()
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        var client = await StartAsync(edge);
        await Eventually.EndAsync(client.FirstRegistered);
        var management = client.ManagementUrl;

        await Eventually.EndAsync(client.StopAsync(TimeSpan.FromSeconds(5)));
        var completion = await Eventually.ResultAsync(client.Completion);
        await client.DisposeAsync();

        using var http = new HttpClient();
        Assert.That(completion, Is.Null);
        Assert.That(async () => await http.GetAsync(management), Throws.InstanceOf<HttpRequestException>());
    }

    [Test]
    public void Start_with_a_bad_file_tells_every_error()
    {
        var path = _directory.Write("client.yaml", "edge: tunnel\nservers: x\n");

        Assert.That(
            async () => await TunnelClient.StartAsync(path, Settings, CancellationToken.None), Throws.InstanceOf<ConfigurationException>().With.Property("Errors").Count.EqualTo(3));
    }

    [Test]
    public void Start_without_an_enrolment_says_so()
    {
        var path = _directory.Write("client.yaml", $"edge: https://localhost\nstateDirectory: {_directory["nothing"]}\nmanagement: {{ listen: '127.0.0.1:0' }}\n");

        Assert.That(async () => await TunnelClient.StartAsync(path, Settings, CancellationToken.None), Throws.InstanceOf<CertificateException>().With.Message.Contains("enrolment.json"));
    }

    private static TunnelClientSettings Settings { get; } = new() { Environment = new Dictionary<string, string>() };

    /// <summary>Every name is this machine.</summary>
    private static TunnelClientSettings Local { get; } = Settings with { Resolver = new ScriptedResolver(_ => [IPAddress.Loopback]) };

    private async Task<TunnelClient> StartAsync(
        TlsCarrierFixture edge, TunnelClientSettings? settings = null, bool endPoints = true, string links = NoSelfCalls)
    {
        var state = _directory["state"];
        StateDirectory.Ensure(state);
        using var authority = await BoundaryHost.IssueServerCertificateAsync(state);
        using var linkAuthority = ServerCa.CreateForTunnel(BoundaryHost.Domain, TimeProvider.System);
        using var link = linkAuthority.IssueServerCertificate([$"link.{BoundaryHost.Domain}"]);
        await AtomicFiles.WriteAsync(ClientPaths.LinkCertificate(state), link.ChainPem, FileProtection.Public, CancellationToken.None);
        await AtomicFiles.WriteAsync(ClientPaths.LinkKey(state), link.Key.ExportPem(), FileProtection.OwnerOnly, CancellationToken.None);
        await AtomicFiles.WriteAsync(ClientPaths.Token(state), "mct_not-a-real-one\n", FileProtection.OwnerOnly, CancellationToken.None);
        await new EnrolmentRecord("tnl_aaaaaaaaaaaaaaaa", "acme", BoundaryHost.Domain, "https://localhost", TimeProvider.System.GetUtcNow().AddDays(30))
            .WriteAsync(state, CancellationToken.None);
        await File.WriteAllTextAsync(_directory["edge-ca.pem"], edge.AuthorityPem);
        var file = WriteConfiguration(edge.Port, links);
        if (!endPoints)
        {
            await File.WriteAllLinesAsync(file, (await File.ReadAllLinesAsync(file)).Where(line => !line.StartsWith("edgeEndPoints:", StringComparison.Ordinal)));
        }

        return await TunnelClient.StartAsync(file, settings ?? Settings, CancellationToken.None);
    }

    // The edge of these tests takes links and no agents, so a client cannot call itself.
    private const string NoSelfCalls = "links: { selfCallEvery: 0s }";

    private string WriteConfiguration(int port, string more = NoSelfCalls) => _directory.Write(
        "client.yaml",
        $$"""
        edge: https://localhost:{{port}}
        edgeCaFile: edge-ca.pem
        edgeEndPoints: [127.0.0.1:{{port}}]
        publicPort: 8443
        stateDirectory: state
        management: { listen: '127.0.0.1:0' }
        servers: [{ name: docs, upstream: http://10.0.0.5/mcp, authentication: { mode: none } }]
        {{more}}
        """);
}
