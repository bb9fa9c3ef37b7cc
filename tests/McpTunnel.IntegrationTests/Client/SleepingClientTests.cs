using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.Client.Enrolment;
using McpTunnel.Edge.Directory;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.TestKit.Processes;
using McpTunnel.Transport;
using Microsoft.Extensions.DependencyInjection;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>
/// A real <c>client run</c> that is suspended while its link certificate ends: what a laptop's sleep is to it. The edge's clock moves on meanwhile, so that nobody has to wait for the end.
/// </summary>
[CancelAfter(180_000)]
[SupportedOSPlatform("linux")] // SIGSTOP by its number
[Platform("Linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
public sealed class SleepingClientTests
{
    private const int Stop = 19;
    private const int Go = 18;
    private const int Links = 2;

    private readonly ScratchDirectory _directory = new();
    private readonly LateClock _clock = new();
    private EdgeFixture? _started;
    private RunningProgram? _client;

    private EdgeFixture Edge => _started!;

    [TearDown]
    public async Task DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        if (_started is not null)
        {
            await _started.DisposeAsync();
        }

        _directory.Dispose();
    }

    [TestCase("tls")]
    [TestCase("quic", Category = "Quic")]
    public async Task F27_client_whose_certificate_ended_while_it_slept_stops_when_it_wakes_and_says_why(string carrier)
    {
        await StartAndSleepAsync(carrier);

        await _client!.SignalAsync(Go);
        var ended = await _client.EndAsync();

        Assert.That(ended.ExitCode, Is.EqualTo(3), $"{ended}");
        Assert.That(ended.Output + ended.Error, Does.Contain("certificate_expired").And.Contain("Enrol again").And.Contain("then start the client"));
        Assert.That(Edge.Metrics.Sum("mcptunnel.edge.link.registrations", "refused"), Is.LessThanOrEqualTo(Links), "it asked once for each link at most");
    }

    [TestCase("tls")]
    [TestCase("quic", Category = "Quic")]
    public async Task F27_client_that_was_enrolled_again_while_it_slept_goes_on_with_the_new_certificate(string carrier)
    {
        await StartAndSleepAsync(carrier);

        using var renewed = await Edge.IssueCertificateAsync(TimeProvider.System.GetUtcNow());
        await WriteAsync(renewed);
        await _client!.SignalAsync(Go);

        await UntilLinksAsync(Links);
        Assert.That(Edge.Edge.Services.GetRequiredService<LinkDirectory>().Snapshot().Select(entry => entry.Link.Carrier.WireName()), Is.All.EqualTo(carrier));
    }

    /// <summary>Brings up a client whose certificate has an hour left, suspends it, and lets two hours pass.</summary>
    private async Task StartAndSleepAsync(string carrier)
    {
        if (carrier == "quic")
        {
            Requires.Quic();
        }

        _started = await EdgeFixture.StartAsync(time: _clock);
        using var ending = await Edge.IssueCertificateAsync(TimeProvider.System.GetUtcNow().AddHours(1) - McpTunnel.Certificates.Authorities.Validity.Link);
        StateDirectory.Ensure(State);
        (await BoundaryHost.IssueServerCertificateAsync(State)).Dispose();
        await WriteAsync(ending);
        await AtomicFiles.WriteAsync(ClientPaths.Token(State), Edge.Credentials.Token + "\n", FileProtection.OwnerOnly, CancellationToken.None);
        await new EnrolmentRecord(Edge.Tunnel.Id, Edge.Tunnel.Label, Edge.Tunnel.Domain, $"https://{EdgeFixture.Domain}", ending.NotAfter).WriteAsync(State, CancellationToken.None);
        _directory.Write("edge-ca.pem", Edge.Authorities.ExportCertificatePems());
        var configuration = _directory.Write("client.yaml", $$"""
            edge: https://{{EdgeFixture.Domain}}:{{Edge.Edge.Port}}
            edgeCaFile: edge-ca.pem
            edgeEndPoints: [127.0.0.1:{{Edge.Edge.Port}}]
            stateDirectory: {{State}}
            management: { listen: '127.0.0.1:0' }
            links: { count: {{Links}}, carriers: [{{carrier}}], longestWait: 2s, selfCallEvery: 0s }
            servers: [{ name: docs, upstream: http://10.0.0.5/mcp, authentication: { mode: none } }]
            """);
        _client = RunningProgram.StartMcptunnel("client", "run", "--config", configuration, "--json");
        await _client.NextLineAsync();
        await UntilLinksAsync(Links);

        await _client.SignalAsync(Stop);
        _clock.Move(TimeSpan.FromHours(2));
        await UntilLinksAsync(0);
    }

    private string State => _directory["state"];

    private Task UntilLinksAsync(int count)
    {
        var directory = Edge.Edge.Services.GetRequiredService<LinkDirectory>();
        return Eventually.ThatAsync(() => directory.Snapshot().Count == count, $"the edge has {count} links");
    }

    /// <summary>What enrolment leaves in the state directory.</summary>
    private async Task WriteAsync(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        using var files = new AtomicFiles();
        await files.StageAsync(ClientPaths.LinkKey(State), key.ExportPkcs8PrivateKeyPem() + "\n", FileProtection.OwnerOnly, CancellationToken.None);
        await files.StageAsync(ClientPaths.LinkCertificate(State), certificate.ExportCertificatePem() + "\n", FileProtection.Public, CancellationToken.None);
        files.Commit();
    }

    /// <summary>A clock on the wall that can be moved on; its timers and timestamps are the system's.</summary>
    private sealed class LateClock : TimeProvider
    {
        private long _ticks;

        public void Move(TimeSpan on) => Interlocked.Add(ref _ticks, on.Ticks);

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ticks));
    }
}
