using System.Diagnostics.Metrics;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Handover;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Edge.Telemetry;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.UnitTests.Edge.Directory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Handover;

[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FarewellTests : IDisposable
{
    private const int Tunnels = 100;
    private const int LinksPerTunnel = 5;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new();
    private readonly LinkDirectory _directory;
    private readonly List<FakeLink> _links = [];

    public FarewellTests()
    {
        var metrics = new EdgeMetrics(_services.GetRequiredService<IMeterFactory>());
        _directory = new LinkDirectory(new DirectoryLimits(10_000, 10, 10, 10), metrics, NullLogger<LinkDirectory>.Instance);
    }

    private List<FakeLink> Told => [.. _links.Where(link => link.State == LinkState.Draining)];

    public void Dispose() => _services.Dispose();

    [Test]
    public async Task Each_tunnels_first_link_is_told_before_anybodys_second()
    {
        FileLinks(Tunnels, LinksPerTunnel);

        var saying = NewFarewell().SayAsync(Grace, CancellationToken.None);
        var atFirst = Told;
        while (Told.Count < Tunnels)
        {
            await NextStepAsync();
        }

        var uneven = Told.GroupBy(link => link.Identity.TunnelId).Count(tunnel => tunnel.Count() > 1);
        await FinishAsync(saying);

        Assert.That(atFirst, Has.Count.LessThan(Tunnels).And.Not.Empty, "not all at once");
        Assert.That(uneven, Is.LessThan(Tunnels / 2), "a batch may begin with the second ones");
        Assert.That(Told, Has.Count.EqualTo(Tunnels * LinksPerTunnel));
        Assert.That(_links.Select(link => link.DrainNotice!.TryFor), Is.All.LessThanOrEqualTo(Grace).And.All.GreaterThan(Grace / 2));
    }

    [Test]
    public async Task Link_that_comes_up_meanwhile_is_told_too()
    {
        var saying = NewFarewell().SayAsync(Grace, CancellationToken.None);
        FileLinks(tunnels: 1, linksPerTunnel: 1);
        await FinishAsync(saying);

        Assert.That(Told, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Without_grace_all_are_told_at_once()
    {
        FileLinks(Tunnels, LinksPerTunnel);

        var saying = NewFarewell().SayAsync(TimeSpan.Zero, CancellationToken.None);

        Assert.That(Told, Has.Count.EqualTo(Tunnels * LinksPerTunnel));
        await FinishAsync(saying);
    }

    [Test]
    public async Task Telling_many_links_looks_at_each_a_few_times_however_many_steps_it_takes()
    {
        FileLinks(tunnels: 500, linksPerTunnel: 4);

        await FinishAsync(NewFarewell().SayAsync(Grace, CancellationToken.None));
        var looks = _links.Sum(link => link.StateRead);

        Assert.That(Told, Has.Count.EqualTo(2000));
        Assert.That(looks / 2000, Is.LessThan(10), "160 steps");
    }

    private Farewell NewFarewell() => new(
        _directory, new AdmissionControl(new AdmissionLimits(10, 1024, 1024, TimeSpan.FromSeconds(1), new SourceLimits(1, 1, 1, 1, 1, 1), NetworkShare: 1), _time), _time);

    private void FileLinks(int tunnels, int linksPerTunnel)
    {
        for (var tunnel = 0; tunnel < tunnels; tunnel++)
        {
            for (var index = 0; index < linksPerTunnel; index++)
            {
                var link = new FakeLink(index: index, tunnel: $"tnl_{tunnel}");
                Assert.That(_directory.Register(Entries.For(link)), Is.Null);
                _links.Add(link);
            }
        }
    }

    private async Task FinishAsync(Task saying)
    {
        while (!saying.IsCompleted)
        {
            await NextStepAsync();
        }
    }

    private async Task NextStepAsync()
    {
        _time.Advance(TimeSpan.FromMilliseconds(50));
        await Task.Yield();
    }
}
