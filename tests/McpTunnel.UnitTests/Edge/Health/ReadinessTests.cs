using System.Diagnostics.Metrics;
using McpTunnel.Edge;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Health;
using McpTunnel.Edge.Ingress.Relaying;
using McpTunnel.Edge.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Health;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(30_000)]
public sealed class ReadinessTests
{
    private readonly FakeTimeProvider _time = new();

    [Test]
    public async Task ReportAsync_every_check_holds_is_ready(CancellationToken cancellationToken)
    {
        var report = await Readiness(new Check("a", _ => new((string?)null)), new Check("b", _ => new((string?)null))).ReportAsync(cancellationToken);

        Assert.That(report.Ready, Is.True);
        Assert.That(report.Checks.Select(check => check.Name), Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public async Task ReportAsync_one_that_fails_and_one_that_throws_are_told_with_their_reasons(CancellationToken cancellationToken)
    {
        var report = await Readiness(
            new Check("a", _ => new("not yet")), new Check("b", _ => throw new IOException("disk gone")), new Check("c", _ => new((string?)null))).ReportAsync(cancellationToken);

        Assert.That(report.Ready, Is.False);
        Assert.That(report.Checks.Select(check => check.Reason), Is.EqualTo(new[] { "not yet", "disk gone", null }));
    }

    [Test]
    public async Task ReportAsync_check_that_hangs_fails_after_its_time(CancellationToken cancellationToken)
    {
        var report = Readiness(new Check("a", async token =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return null;
        })).ReportAsync(cancellationToken);

        Assert.That(report.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.That((await report).Checks[0].Reason, Is.EqualTo("No answer within 2 s."));
    }

    [Test]
    public async Task DrainingCheck_fails_once_the_node_leaves(CancellationToken cancellationToken)
    {
        using var node = new EdgeNode("edge-test");
        using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var directory = new LinkDirectory(new DirectoryLimits(10, 4, 2, 10), new EdgeMetrics(meters.GetRequiredService<IMeterFactory>()), NullLogger<LinkDirectory>.Instance);
        var check = new DrainingCheck(node, directory, new RelayTable(maxIdle: null, _time));
        Assert.That(await check.FindProblemAsync(cancellationToken), Is.Null);

        node.BeginDrain();

        Assert.That(await check.FindProblemAsync(cancellationToken), Does.EndWith("Left: 0 streams, 0 links."));
    }

    private Readiness Readiness(params IReadinessCheck[] checks) => new(checks, _time, NullLogger<Readiness>.Instance);

    private sealed class Check(string name, Func<CancellationToken, ValueTask<string?>> find) : IReadinessCheck
    {
        public string Name => name;

        public ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken) => find(cancellationToken);
    }
}
