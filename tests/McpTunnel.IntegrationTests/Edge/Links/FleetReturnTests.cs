using McpTunnel.Cli.Demo;
using McpTunnel.Client.Linking;
using McpTunnel.Client.Linking.Choice;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Initialization;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Protocol.Control;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Tunnels;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Tls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Edge.Links;

/// <summary>
/// Many clients behind one address, and an edge that goes away under all of them. Sockets and handshakes are real; waits and limits are on a clock of the test's own, so that the
/// curve of arrivals is theirs and not the machine's.
/// </summary>
[CancelAfter(240_000)]
public sealed class FleetReturnTests
{
    private const int Clients = 120;

    /// <summary>Far less than the clients need together: those behind one address have to take turns.</summary>
    private static readonly EdgeLimitOptions Tight = new() { HandshakeBurst = 30, HandshakesPerSecond = 10 };

    private static readonly EdgeLimitOptions Wide = new() { HandshakeBurst = 10 * Clients };

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(60);

    /// <summary>A link that was not heard for so long has been asked, and its answer is on the way.</summary>
    private static readonly TimeSpan Heard = TimeSpan.FromSeconds(6);

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly List<LinkSupervisor> _clients = [];
    private ScratchDirectory _directory = null!;
    private LocalEdge _edge = null!;

    /// <summary>What the edge holds; null while it is away.</summary>
    private LinkDirectory? _links;

    [SetUp]
    public async Task StartAsync()
    {
        _directory = new ScratchDirectory();
        _edge = await StartEdgeAsync(0, Wide);
        for (var i = 0; i < Clients; i++)
        {
            var tunnel = await _edge.Edge.Services.GetRequiredService<ITunnelRegistry>().CreateAsync($"fleet-{i}", EdgeFixture.Domain, AdminActor.Local, CancellationToken.None);
            _clients.Add(NewClient(await EdgeFixture.EnrolAsync(_edge.Edge.Services, tunnel)));
        }
    }

    [TearDown]
    public async Task StopAsync()
    {
        await Task.WhenAll(_clients.Select(client => client.DisposeAsync().AsTask()));
        await _edge.DisposeAsync();
        _directory.Dispose();
    }

    [Test]
    public async Task F26_clients_of_an_edge_that_restarts_come_back_spread_over_time_and_none_is_refused_for_good()
    {
        _clients.ForEach(client => client.Start());
        await Eventually.ThatAsync(() => Up == Clients, "all are up at first");

        _links = null;
        await _edge.DisposeAsync();
        await Eventually.ThatAsync(() => Up == 0, "all know that it is gone");
        await StepsAsync(Away, () => false);
        _edge = await StartEdgeAsync(_edge.Edge.Port, Tight);
        using var metrics = new MeterReading(_edge.Edge.Services.GetRequiredService<EdgeMetrics>().Meter);
        var curve = await StepsAsync(Budget, () => Up == Clients);

        Assert.Multiple(() =>
        {
            Assert.That(Up, Is.EqualTo(Clients), "all are back within the budget");
            Assert.That(Slots.Select(slot => slot.State), Has.None.EqualTo(LinkSlotState.Refused));
            Assert.That(curve.Select(step => step.Arrived), Is.All.LessThan(Clients / 4), "arrivals are spread");
            Assert.That(curve.Select(step => step.Dials), Is.All.LessThan(Clients / 4), "and so are attempts");
            Assert.That(metrics.Sum("mcptunnel.edge.connections", "rate_limited"), Is.Positive, "some had to take turns");
            Assert.That(metrics.Sum("mcptunnel.edge.link.registrations", "accepted"), Is.EqualTo(Clients));
            Assert.That(metrics.Sum("mcptunnel.edge.link.registrations"), Is.EqualTo(Clients), "no link was refused that was let as far as its hello");
        });
    }

    private IEnumerable<LinkSlotStatus> Slots => _clients.SelectMany(client => client.Links);

    private int Up => Slots.Count(slot => slot.State == LinkSlotState.Up);

    /// <summary>Lets time pass until a condition holds, each step once everything that was due in the one before has come to its end.</summary>
    private async Task<List<(int Arrived, long Dials)>> StepsAsync(TimeSpan time, Func<bool> isEnough)
    {
        var curve = new List<(int, long)>();
        for (var passed = TimeSpan.Zero; passed < time && !isEnough(); passed += Step)
        {
            var (up, dials) = (Up, Slots.Sum(slot => slot.Attempts));
            _time.Advance(Step);
            await Eventually.ThatAsync(IsSettled, "dials come to an end and links are heard");
            curve.Add((Up - up, Slots.Sum(slot => slot.Attempts) - dials));
        }

        return curve;
    }

    private bool IsSettled()
    {
        var now = _time.GetUtcNow();
        return Slots.All(slot => slot.State == LinkSlotState.Up || slot.NextAttempt > now)
            && (_links is null || _links.Snapshot().All(entry => now - entry.Link.LastSeen < Heard));
    }

    private LinkSupervisor NewClient(ClientCredentials credentials)
    {
        long generation = 0;
        return new LinkSupervisor(
            (attempt, cancellationToken) => new TlsLinkDialer(
                new LinkDialOptions
                {
                    Edge = new Uri($"https://link.{EdgeFixture.Domain}:{_edge.Edge.Port}"),
                    Certificate = credentials.Certificate,
                    TrustedAuthorities = _edge.Connection.Authorities,
                    ConnectTo = _edge.EndPoint,
                },
                TimeProvider.System).DialAsync(
                    new LinkHello(credentials.TunnelId, new Secret(credentials.Token), credentials.TunnelId, attempt.Index, ++generation, "test/1", ["docs"]), cancellationToken),
            _ => { },
            new CarrierChoice(new CarrierChoiceOptions { Rungs = [Carrier.Tls] }, _time),
            new LinkSupervisorOptions { Links = 1, LongestWait = TimeSpan.FromSeconds(8) },
            _time,
            NullLoggerFactory.Instance);
    }

    private async Task<LocalEdge> StartEdgeAsync(int port, EdgeLimitOptions limits)
    {
        var state = await EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = EdgeFixture.Domain, StateDirectory = _directory["edge"] }, _time, NullLoggerFactory.Instance, CancellationToken.None);
        var options = new EdgeOptions
        {
            Domain = EdgeFixture.Domain,
            Listen = [new HostEndPoint("127.0.0.1", port)],
            Management = new HostEndPoint("127.0.0.1", 0),
            Node = "edge-test",
            State = _directory["edge"],
            Quic = false,
            Limits = limits,
        };
        var edge = await LocalEdge.StartAsync(options, state, _time, NullLoggerFactory.Instance, CancellationToken.None);
        _links = edge.Edge.Services.GetRequiredService<LinkDirectory>();
        return edge;
    }
}
