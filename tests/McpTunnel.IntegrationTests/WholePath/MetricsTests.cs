using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Cli.AdminApi;
using McpTunnel.Client.Linking;
using McpTunnel.Edge.Directory;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.TestKit.Upstreams;
using McpTunnel.TestKit.WholePath;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Tls;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>What an operator scrapes at either side after a day in which a little of everything happened.</summary>
[CancelAfter(120_000)]
public sealed class MetricsTests
{
    /// <summary>What only a broken peer, a node without descriptors or QUIC brings about; each has a test of its own.</summary>
    private static readonly string[] NotHere =
        ["mcptunnel_edge_accept_errors_total", "mcptunnel_transport_violations_total", "mcptunnel_transport_quic_handshakes_total"];

    private ScriptedUpstream _upstream = null!;
    private TunnelFixture _path = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _upstream = await ScriptedUpstream.StartAsync(Behaviour.Reply(200, "application/json", "{}"));
        _path = await TunnelFixture.StartAsync(new TunnelFixtureOptions
        {
            Links = 2,
            LinksYaml = ["carriers: [tls]"],
            Servers = [new("docs"), new("open") { NeedsToken = false, Upstream = _upstream.Url }],
        });
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _path.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Test]
    public async Task Every_documented_metric_is_there_with_its_type_and_labels_after_a_day_in_which_a_little_of_everything_happened(CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);
        await BeRefusedAsync(cancellationToken);
        await LoseLinksAsync();
        using var stalled = await StallAsync(cancellationToken);

        // The node leaves, and waits for the stream that nobody reads.
        var leaving = _path.StopEdgeAsync(TimeSpan.FromMinutes(1));
        var edge = await ScrapeUntilAsync(
            _path.EdgeManagementUrl,
            scrape => scrape.Value("mcptunnel_edge_draining") == 1
                && scrape.Value("mcptunnel_edge_links", ("state", "draining"), ("carrier", "tls")) > 0
                && scrape.Value("mcptunnel_transport_streams", ("side", "edge"), ("state", "draining")) > 0,
            "the node leaves, and waits for a stream",
            cancellationToken);
        var client = await ScrapeUntilAsync(
            _path.Tunnel.Client.ManagementUrl,
            scrape => scrape.Value("mcptunnel_client_links_reconnects_total", ("reason", "drain")) > 0,
            "the client was asked to go elsewhere",
            cancellationToken);

        Assert.Multiple(() =>
        {
            foreach (var metric in MetricDocument.Read().Where(metric => !NotHere.Contains(metric.Name)))
            {
                foreach (var scrape in ScrapesOf(metric, edge, client))
                {
                    Assert.That(scrape.Types.GetValueOrDefault(metric.Name), Is.EqualTo(metric.Type), metric.Name);
                    Assert.That(scrape.LabelsOf(metric.Name), Is.EquivalentTo(metric.Labels), metric.Name);
                }
            }

            // Of what is scraped, all that is ours is in the document.
            Assert.That(
                edge.Types.Keys.Concat(client.Types.Keys).Where(name => name.StartsWith("mcptunnel_", StringComparison.Ordinal)).Distinct(),
                Is.SubsetOf(MetricDocument.Read().Select(metric => metric.Name)));

            Assert.That(edge.LabelsOf("mcptunnel_transport_quic_handshakes_total"), Is.EquivalentTo(new[] { "outcome" }), "an edge counts them from 0 on, also without a handshake");
            Assert.That(edge.Value("mcptunnel_edge_links_software", ("software", "mcptunnel/0.1.0")), Is.GreaterThan(0));
            Assert.That(edge.Value("mcptunnel_edge_link_registrations_total", ("outcome", "token_invalid")), Is.EqualTo(1));
            Assert.That(edge.Value("mcptunnel_edge_link_registrations_total", ("outcome", "accepted")), Is.GreaterThanOrEqualTo(4));
            Assert.That(edge.Value("mcptunnel_edge_link_closures_total", ("code", "edge_overloaded")), Is.EqualTo(2));
            Assert.That(edge.Value("mcptunnel_edge_streams_failed_total", ("code", "no_link")), Is.EqualTo(1));
            Assert.That(edge.Value("mcptunnel_edge_stream_first_byte_duration_seconds_count", ("carrier", "tls")), Is.GreaterThanOrEqualTo(2));
            Assert.That(edge.Value("mcptunnel_edge_stream_first_byte_duration_seconds_sum"), Is.GreaterThan(edge.Value("mcptunnel_edge_stream_open_duration_seconds_sum")));
            Assert.That(client.Value("mcptunnel_client_links_reconnects_total", ("reason", "edge_overloaded")), Is.EqualTo(2));
            Assert.That(client.Value("mcptunnel_client_link_dials_total", ("carrier", "tls"), ("outcome", "up")), Is.GreaterThanOrEqualTo(4));
            Assert.That(client.Value("mcptunnel_transport_streams_stalled", ("side", "client"), ("carrier", "tls")), Is.EqualTo(1));
            Assert.That(client.Value("mcptunnel_transport_window_stalled_seconds_total", ("side", "client"), ("carrier", "tls")), Is.GreaterThan(0));
            Assert.That(client.Value("mcptunnel_transport_bytes_total", ("side", "client"), ("direction", "sent")), Is.GreaterThan(256 * 1024));
            Assert.That(client.Value("mcptunnel_transport_link_round_trip_duration_seconds_count", ("side", "client")), Is.GreaterThan(0));
        });

        stalled.Dispose();
        await leaving;
    }

    [Test]
    public async Task Status_of_the_client_and_list_of_the_edge_agree_about_a_stalled_stream_and_a_link_that_came_back(CancellationToken cancellationToken)
    {
        await LoseLinksAsync();
        using var stalled = await StallAsync(cancellationToken);
        using var api = new EdgeApi(_path.Edge.Connection, _path.Edge.AdminKey);

        var links = _path.Tunnel.Client.Status.Links;
        var live = await new EdgeAdministration(api).ListLinksAsync(_path.Tunnel.Id, cancellationToken).ToListAsync(cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That(live.Select(link => link.Id), Is.EquivalentTo(links.Select(link => link.LinkId)));
            Assert.That(live.Select(link => link.AgeSeconds), Is.All.InRange(0, 120));
            Assert.That(live.Select(link => link.SilentSeconds), Is.All.InRange(0, 15));
            Assert.That(links.Select(link => link.AgeSeconds), Is.All.InRange(0, 120));
            Assert.That(links.Sum(link => link.StalledStreams), Is.EqualTo(1));
            Assert.That(links.Sum(link => link.StalledSeconds), Is.GreaterThan(0));
            Assert.That(live.Select(link => link.StalledStreams), Is.All.EqualTo(0), "it is the client that waits, for an agent that does not read");
            Assert.That(links.Select(link => link.LastError), Is.All.Contains("edge_overloaded"), "why it dialled again");
            Assert.That(links.Select(link => link.LastErrorAgeSeconds), Is.All.InRange(0, 120));
        });
    }

    private async Task CallAsync(CancellationToken cancellationToken)
    {
        using var http = _path.CreateHttpClient(token: _path.TokenFor(_path.Tunnel.UrlOf("docs"), "mcp:tools"));
        using var response = await http.SendAsync(Request("docs"), cancellationToken);
        Assert.That(response.StatusCode, Is.Not.EqualTo(HttpStatusCode.Unauthorized));
        await _path.Tunnel.ConfigureAsync(new TestServer("docs"), new TestServer("open") { NeedsToken = false, Upstream = _upstream.Url }, new TestServer("more"));
        await Eventually.ThatAsync(() => _path.Tunnel.Client.Status.Servers.Count == 3, "the change is taken over");
    }

    /// <summary>An agent asks for a server that is none, one for a tunnel without a client, and a client comes with a token that is none.</summary>
    private async Task BeRefusedAsync(CancellationToken cancellationToken)
    {
        using var api = new EdgeApi(_path.Edge.Connection, _path.Edge.AdminKey);
        await new EdgeAdministration(api).CreateTunnelAsync("idle", cancellationToken);
        foreach (var name in new[] { $"nobody.{_path.Tunnel.Domain}", $"docs.idle.{TunnelFixture.EdgeDomain}" })
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(_path.Edge.EndPoint, cancellationToken);
            await using var tls = new SslStream(socket.GetStream());
            await Assert.ThatAsync(() => tls.AuthenticateAsClientAsync(name), Throws.InstanceOf<AuthenticationException>().Or.InstanceOf<IOException>());
        }

        using var pair = await KeyedCertificate.LoadAsync(
            Path.Combine(_path.Tunnel.StateDirectory, "link.pem"), Path.Combine(_path.Tunnel.StateDirectory, "link.key"), cancellationToken);
        using var certificate = pair.ToCertificate();
        var dialer = new TlsLinkDialer(
            new LinkDialOptions
            {
                Edge = new Uri($"https://link.{TunnelFixture.EdgeDomain}:{_path.Edge.Edge.Port}"),
                Certificate = certificate,
                TrustedAuthorities = _path.Edge.Connection.Authorities,
                ConnectTo = _path.Edge.EndPoint,
            },
            TimeProvider.System);
        var hello = new LinkHello(_path.Tunnel.Id, new Secret("mct_wrong"), "ins_other", 0, 1, "mcptunnel/0.1.0", []);
        Assert.That((await Assert.ThrowsAsync<LinkRefusedException>(() => dialer.DialAsync(hello, cancellationToken)))!.Code, Is.EqualTo(TunnelCode.TokenInvalid));
    }

    private async Task LoseLinksAsync()
    {
        var before = _path.Tunnel.Client.Status.Links.Sum(link => link.Attempts);
        _path.Edge.Edge.Services.GetRequiredService<LinkDirectory>().CloseAll(TunnelCode.EdgeOverloaded, "Too much.");
        await Eventually.ThatAsync(
            () => _path.Tunnel.Client.Status.Links is var links && links.Sum(link => link.Attempts) >= before + 2 && links.All(link => link.State == LinkSlotState.Up), "the links are back");
    }

    /// <summary>A response that its agent does not read, as long as it is not disposed.</summary>
    private async Task<IDisposable> StallAsync(CancellationToken cancellationToken)
    {
        _upstream.Become(EndlessAsync);
        var http = _path.CreateHttpClient();
        var response = await http.SendAsync(Request("open"), HttpCompletionOption.ResponseHeadersRead, cancellationToken);

        // It waits now and then from early on, and for good once all buffers on the way are full.
        var (sent, steady) = (-1L, 0);
        await Eventually.ThatAsync(
            () =>
            {
                var links = _path.Tunnel.Client.Status.Links;
                var stalled = links.Any(link => link is { StalledStreams: 1, StalledSeconds: > 0 });
                steady = stalled && sent == (sent = links.Sum(link => link.BytesSent)) ? steady + 1 : 0;
                return steady > 100;
            },
            "the stream is stalled, and stays so");
        return response;
    }

    private HttpRequestMessage Request(string server) => new(HttpMethod.Post, _path.Tunnel.UrlOf(server)) { Content = new StringContent("{}", null, "application/json") };

    private static async Task EndlessAsync(HttpContext context)
    {
        context.Response.ContentType = "application/octet-stream";
        while (true)
        {
            await context.Response.Body.WriteAsync(new byte[64 * 1024], context.RequestAborted);
        }
    }

    private static IEnumerable<PrometheusText> ScrapesOf(DocumentedMetric metric, PrometheusText edge, PrometheusText client) =>
        metric.Name.StartsWith("mcptunnel_edge_", StringComparison.Ordinal) ? [edge]
        : metric.Name.StartsWith("mcptunnel_client_", StringComparison.Ordinal) ? [client]
        : [edge, client];

    private static async Task<PrometheusText> ScrapeUntilAsync(Uri management, Func<PrometheusText, bool> condition, string what, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var text = await http.GetStringAsync(new Uri(management, "/metrics"), cancellationToken);
            var scrape = PrometheusText.Parse(text);
            if (condition(scrape))
            {
                return scrape;
            }

            Assert.That(TimeProvider.System.GetElapsedTime(started), Is.LessThan(Eventually.Deadline), () => $"{what}:\n{text}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }
}
