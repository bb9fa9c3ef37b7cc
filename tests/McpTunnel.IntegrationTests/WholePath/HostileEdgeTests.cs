using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Text.Json;
using McpTunnel.Edge.Directory;
using McpTunnel.IntegrationTests.Edge;
using McpTunnel.IntegrationTests.Transport;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Processes;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.TestKit.Upstreams;
using McpTunnel.TestKit.WholePath;
using McpTunnel.Transport;
using Microsoft.Extensions.DependencyInjection;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>An edge that opens streams on its links as it likes. What the client holds stays within its limits, and agents are served meanwhile.</summary>
[CancelAfter(300_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
public sealed class HostileEdgeTests
{
    private const int Links = 4;

    /// <summary>One less than a link takes: an agent's connection is on one of them.</summary>
    private const int StreamsOfALink = 4095;
    private const string NoLimits = "limits: { connections: 1000000, pendingConnections: 1000000, requestHeadersTimeout: 5m }";

    /// <summary>What a stream brings and goes no further.</summary>
    public enum HalfWay
    {
        /// <summary>A whole ClientHello: the client has answered and waits.</summary>
        AnsweredHello,

        /// <summary>All but the last byte of a ClientHello that fills the largest record.</summary>
        LargestRecord,
    }

    private ScriptedUpstream _upstream = null!;

    [SetUp]
    public async Task StartUpstreamAsync() => _upstream = await ScriptedUpstream.StartAsync(Behaviour.Reply(200, "application/json", "{}"));

    [TearDown]
    public async Task StopUpstreamAsync() => await _upstream.DisposeAsync();

    [TestCase(HalfWay.AnsweredHello)]
    [TestCase(HalfWay.LargestRecord)]
    [Platform("Linux")]
    public async Task Edge_that_leaves_all_streams_within_the_TLS_handshake_makes_a_client_hold_as_many_as_its_limit_and_agents_are_served(
        HalfWay halfWay, CancellationToken cancellationToken)
    {
        const int limit = 2000;
        const int opened = Links * StreamsOfALink;
        await using var path = await StartAsync("limits: { requestHeadersTimeout: 5m }");
        await using var client = await ClientProcess.StartAsync(path);

        var held = await FloodAsync(path, client, halfWay, stays: limit);

        using (var response = await path.CreateHttpClient().GetAsync(path.Tunnel.UrlOf("docs"), cancellationToken))
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), "a new agent is served");
        }

        var refused = await client.RefusedAsync(cancellationToken);
        Assert.That(refused, Is.InRange(opened - limit, opened - limit + 10), "the rest was refused, and the agent's connection made the oldest make way");
        Assert.That(held, Is.LessThan(800L << 20), "with as many as may be, not with as many as were opened");
    }

    [TestCase(HalfWay.AnsweredHello)]
    [TestCase(HalfWay.LargestRecord)]
    [Platform("Linux")]
    [Explicit("Prints what a client without limits would hold, for docs/security.md.")]
    public async Task Without_limits(HalfWay halfWay)
    {
        await using var path = await StartAsync(NoLimits);
        await using var client = await ClientProcess.StartAsync(path);

        await FloodAsync(path, client, halfWay, stays: Links * StreamsOfALink);
    }

    [Test]
    public async Task Stream_that_stays_within_the_TLS_handshake_is_ended_at_the_deadline()
    {
        await using var path = await StartAsync("limits: { requestHeadersTimeout: 1s }");
        var links = LinksOf(path);
        var first = First(HalfWay.AnsweredHello, Host(path));

        foreach (var link in links)
        {
            (await TlsCarrierFixture.OpenAsync(link, Host(path), first)).Input.Complete();
        }

        Assert.That(links.Sum(link => link.StreamCount), Is.EqualTo(links.Count));
        await Eventually.ThatAsync(() => links.All(link => link.StreamCount == 0), "all are ended");
    }

    /// <summary>Opens as many streams as there may be, on all links at once; returns the bytes that the client holds more, at the most.</summary>
    private static async Task<long> FloodAsync(TunnelFixture path, ClientProcess client, HalfWay halfWay, int stays)
    {
        using (var warm = await path.CreateHttpClient().GetAsync(path.Tunnel.UrlOf("docs")))
        {
            Assert.That(warm.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        var links = LinksOf(path);
        var before = client.PeakBytes();
        var first = First(halfWay, Host(path));
        await Task.WhenAll(links.Select(link => Task.Run(async () =>
        {
            for (var i = 0; i < StreamsOfALink; i++)
            {
                // As fast as the client may be expected to take them up: no limit of the edge's own is to be the one that holds.
                await Eventually.ThatAsync(() => link.StreamCount <= StreamsOfALink, "the link takes another stream");
                (await TlsCarrierFixture.OpenAsync(link, Host(path), first)).Input.Complete();
            }
        })));
        await Eventually.ThatAsync(() => links.Sum(link => link.StreamCount) <= stays + Links, $"no more than {stays} are left");

        // What was answered may still be on its way through the client's threads.
        var held = 0L;
        for (var last = -1L; last != held; await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System))
        {
            (last, held) = (held, client.PeakBytes() - before);
        }

        var left = links.Sum(link => link.StreamCount);
        await TestContext.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{halfWay}: {Links * StreamsOfALink} streams opened, {left} left; the client held {held / 1048576.0:0} MiB more at the most than the {before / 1048576.0:0} MiB before, {held / 1024.0 / left:0} KiB for each that is left"));
        Assert.That(left, Is.InRange(stays - 1, stays + Links));
        return held;
    }

    private Task<TunnelFixture> StartAsync(string limits) => TunnelFixture.StartAsync(new TunnelFixtureOptions
    {
        Links = Links,
        LinksYaml = ["carriers: [tls]"],
        ClientYaml = [limits],
        Servers = [new("docs") { NeedsToken = false, Upstream = _upstream.Url }],
    });

    private static string Host(TunnelFixture path) => path.Tunnel.UrlOf("docs").Host;

    private static List<ILink> LinksOf(TunnelFixture path) =>
        [.. path.Edge.Edge.Services.GetRequiredService<LinkDirectory>().Snapshot().Select(entry => entry.Link).Where(link => link.State == LinkState.Active)];

    private static byte[] First(HalfWay halfWay, string host)
    {
        const int largest = 1 << 14;
        return halfWay == HalfWay.LargestRecord ? ClientHellos.Padded(host, largest)[..^1] : RealHello(host);
    }

    /// <summary>The first bytes of the platform's own TLS client.</summary>
    private static byte[] RealHello(string host)
    {
        using var sent = new MemoryStream();
        using var tls = new SslStream(new OneWay(sent));
        Assert.That(() => tls.AuthenticateAsClient(host), Throws.InstanceOf<IOException>());
        return sent.ToArray();
    }

    /// <summary>Takes what is written and has nothing to read.</summary>
    private sealed class OneWay(MemoryStream sent) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => sent.Write(buffer, offset, count);
    }

    /// <summary>The fixture's client as a process of its own, so that its memory can be read.</summary>
    private sealed class ClientProcess : IAsyncDisposable
    {
        private readonly RunningProgram _program;
        private readonly Uri _management;

        private ClientProcess(RunningProgram program, Uri management)
        {
            _program = program;
            _management = management;
        }

        public static async Task<ClientProcess> StartAsync(TunnelFixture path)
        {
            await path.Tunnel.StopAsync();
            await Eventually.ThatAsync(() => LinksOf(path).Count == 0, "the edge has let go of the fixture's client");
            var program = RunningProgram.StartMcptunnel("client", "run", "--config", path.Tunnel.ConfigurationFile, "--json");
            var ready = JsonDocument.Parse(await program.NextLineAsync()).RootElement;
            await Eventually.ThatAsync(() => LinksOf(path).Count == Links, "all links are up");
            return new ClientProcess(program, new Uri(ready.GetProperty("managementUrl").GetString()!));
        }

        /// <summary>The most memory that the process has had resident.</summary>
        public long PeakBytes()
        {
            var line = File.ReadLines($"/proc/{_program.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }

        public async Task<double> RefusedAsync(CancellationToken cancellationToken)
        {
            using var http = new HttpClient();
            return PrometheusText.Parse(await http.GetStringAsync(new Uri(_management, "metrics"), cancellationToken)).Value("mcptunnel_transport_streams_refused_total", ("code", "stream_limit"));
        }

        public ValueTask DisposeAsync() => _program.DisposeAsync();
    }
}
