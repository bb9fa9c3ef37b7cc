using System.Diagnostics.Metrics;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Directory;

public sealed class LinkDirectoryTests
{
    private const string Tunnel = "tnl_aaaaaaaaaaaaaaaa";

    private ServiceProvider _services = null!;
    private EdgeMetrics _metrics = null!;
    private LinkDirectory _directory = null!;

    [SetUp]
    public void Create()
    {
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _metrics = new EdgeMetrics(_services.GetRequiredService<IMeterFactory>());
        _directory = Directory(new DirectoryLimits(Links: 100, LinksPerTunnel: 8, LinksPerInstance: 4, StreamsPerTunnel: 10));
    }

    [TearDown]
    public void Dispose() => _services.Dispose();

    [Test]
    public void Register_makes_the_link_findable_by_its_tunnel()
    {
        var link = new FakeLink();
        Assert.That(_directory.Register(Entries.For(link)), Is.Null);

        Assert.That(_directory.Find(Tunnel)?.Pick(except: null)?.Link, Is.SameAs(link));
        Assert.That(_directory.Count, Is.EqualTo(1));
    }

    [Test]
    public void Register_higher_generation_replaces_and_closes_the_predecessor()
    {
        var old = new FakeLink(generation: 1);
        var next = new FakeLink(generation: 2);
        _directory.Register(Entries.For(old));
        _directory.Register(Entries.For(next));

        Assert.That(old.CloseRequest?.Code, Is.EqualTo(TunnelCode.Replaced));
        Assert.That(_directory.Find(Tunnel)!.Links.Select(entry => entry.Link), Is.EqualTo(new[] { next }));
        Assert.That(_directory.Count, Is.EqualTo(1));
    }

    [TestCase(5, 5)]
    [TestCase(5, 4)]
    public void Register_equal_or_lower_generation_is_refused(long first, long second)
    {
        var current = new FakeLink(generation: first);
        _directory.Register(Entries.For(current));

        Assert.That(_directory.Check(Tunnel, "instance-1", 0, second)?.Code, Is.EqualTo(TunnelCode.Replaced));
        Assert.That(_directory.Register(Entries.For(new FakeLink(generation: second)))?.Code, Is.EqualTo(TunnelCode.Replaced));
        Assert.That(current.CloseRequest, Is.Null);
    }

    [Test]
    public void Register_another_index_or_instance_or_tunnel_replaces_nothing()
    {
        var links = new[] { new FakeLink(), new FakeLink(index: 1), new FakeLink("instance-2"), new FakeLink(tunnel: "tnl_bbbbbbbbbbbbbbbb") };
        for (var i = 0; i < links.Length; i++)
        {
            _directory.Register(Entries.For(links[i]));
        }

        Assert.That(links.Select(link => link.CloseRequest), Is.All.Null);
        Assert.That(_directory.Find(Tunnel)!.Links, Has.Count.EqualTo(3));
        Assert.That(_directory.Find("tnl_bbbbbbbbbbbbbbbb")!.Links, Has.Count.EqualTo(1));
    }

    [Test]
    public void F16_a_thousand_replacements_while_the_old_links_hang_in_a_write_are_each_at_once()
    {
        for (var generation = 1; generation <= 1000; generation++)
        {
            var link = new FakeLink(generation: generation) { HangsInClose = true };
            Assert.That(_directory.Register(Entries.For(link)), Is.Null);
            Assert.That(_directory.Find(Tunnel)!.Pick(except: null)!.Link, Is.SameAs(link));
        }

        Assert.That(_directory.Count, Is.EqualTo(1));
        Assert.That(_directory.Snapshot(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Closed_link_leaves_and_the_last_one_takes_the_tunnel_with_it()
    {
        using var reading = new MeterReading(_metrics.Meter);
        var (first, second) = (new FakeLink(), new FakeLink(index: 1));
        _directory.Register(Entries.For(first));
        _directory.Register(Entries.For(second));

        first.End(new LinkClosure(TunnelCode.PeerDead, "test", ByPeer: false));
        await Eventually.ThatAsync(() => _directory.Count == 1, "the closed link leaves");
        Assert.That(_directory.Find(Tunnel)!.Pick(except: null)!.Link, Is.SameAs(second));

        second.End(new LinkClosure(TunnelCode.Shutdown, "test", ByPeer: true));
        await Eventually.ThatAsync(() => _directory.Count == 0, "the last link leaves");
        Assert.That(_directory.Find(Tunnel), Is.Null);
        await Eventually.ThatAsync(() => reading.Sum("mcptunnel.edge.link.closures") == 2, "both closures are counted");
        Assert.That(reading.Sum("mcptunnel.edge.link.closures", "peer_dead"), Is.EqualTo(1));
    }

    [Test]
    public void Register_links_of_an_instance_at_the_limit_and_one_more() =>
        Assert.That(
            Enumerable.Range(0, 5).Select(i => _directory.Register(Entries.For(new FakeLink(index: i)))?.Code),
            Is.EqualTo(new TunnelCode?[] { null, null, null, null, TunnelCode.TooManyLinks }));

    [Test]
    public void Register_links_of_a_tunnel_at_the_limit_and_one_more() =>
        Assert.That(
            Enumerable.Range(0, 9).Select(i => _directory.Register(Entries.For(new FakeLink($"instance-{i}")))?.Code),
            Is.EqualTo(Enumerable.Repeat<TunnelCode?>(null, 8).Append(TunnelCode.TooManyLinks)));

    [Test]
    public void Register_links_in_all_at_the_limit_and_one_more()
    {
        var directory = Directory(new DirectoryLimits(Links: 2, LinksPerTunnel: 8, LinksPerInstance: 4, StreamsPerTunnel: 10));

        Assert.That(
            Enumerable.Range(0, 3).Select(i => directory.Register(Entries.For(new FakeLink(tunnel: $"tnl_{i}")))?.Code),
            Is.EqualTo(new TunnelCode?[] { null, null, TunnelCode.EdgeOverloaded }));
    }

    [Test]
    public void Register_replacement_is_taken_also_at_every_limit()
    {
        var directory = Directory(new DirectoryLimits(Links: 1, LinksPerTunnel: 1, LinksPerInstance: 1, StreamsPerTunnel: 10));
        directory.Register(Entries.For(new FakeLink(generation: 1)));

        Assert.That(directory.Register(Entries.For(new FakeLink(generation: 2))), Is.Null);
    }

    [Test]
    public void CloseLinks_of_a_tunnel_closes_those_and_no_others()
    {
        var (mine, other) = (new FakeLink(), new FakeLink(tunnel: "tnl_bbbbbbbbbbbbbbbb"));
        _directory.Register(Entries.For(mine));
        _directory.Register(Entries.For(other));

        Assert.That(_directory.CloseLinks(Tunnel, TunnelCode.TunnelArchived, "test"), Is.EqualTo(1));

        Assert.That(mine.CloseRequest?.Code, Is.EqualTo(TunnelCode.TunnelArchived));
        Assert.That(other.CloseRequest, Is.Null);
        Assert.That(_directory.Find(Tunnel), Is.Null);
    }

    [Test]
    public void CloseLinksByToken_and_by_certificate_find_what_they_registered()
    {
        var links = Enumerable.Range(0, 4).Select(i => new FakeLink(index: i)).ToArray();
        _directory.Register(Entries.For(links[0], token: "A1", certificate: "C1"));
        _directory.Register(Entries.For(links[1], token: "A1", certificate: "C2"));
        _directory.Register(Entries.For(links[2], token: "A2", certificate: "C2"));
        _directory.Register(Entries.For(links[3], token: "A3", certificate: "C3"));

        Assert.That(_directory.CloseLinksByToken("a1", TunnelCode.TokenRevoked, "test"), Is.EqualTo(2));
        Assert.That(_directory.CloseLinksByCertificate("C2", TunnelCode.CertificateRevoked, "test"), Is.EqualTo(1));

        Assert.That(
            links.Select(link => link.CloseRequest?.Code),
            Is.EqualTo(new TunnelCode?[] { TunnelCode.TokenRevoked, TunnelCode.TokenRevoked, TunnelCode.CertificateRevoked, null }));
        Assert.That(_directory.Revocations, Is.EqualTo(2));
    }

    [Test]
    public void CloseLinks_of_a_link_that_hangs_does_not_wait_for_it()
    {
        _directory.Register(Entries.For(new FakeLink { HangsInClose = true }));

        Assert.That(_directory.CloseLinks(Tunnel, TunnelCode.TokenRevoked, "test"), Is.EqualTo(1));
        Assert.That(_directory.Find(Tunnel), Is.Null);
    }

    [Test]
    public void DrainAll_tells_every_link_and_new_streams_find_none()
    {
        var links = Enumerable.Range(0, 3).Select(i => new FakeLink(index: i)).ToArray();
        foreach (var link in links)
        {
            _directory.Register(Entries.For(link));
        }

        Assert.That(_directory.DrainAll(TunnelCode.EdgeDraining, "stopping", TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(30)), Is.EqualTo(3));
        Assert.That(links.Select(link => link.DrainReason), Is.All.EqualTo("stopping"));
        Assert.That(links.Select(link => link.DrainNotice!.ReconnectAfter), Is.All.InRange(TimeSpan.Zero, TimeSpan.FromSeconds(4)));
        Assert.That(links.Select(link => link.DrainNotice!.TryFor), Is.All.EqualTo(TimeSpan.FromSeconds(30)));
        Assert.That(_directory.Find(Tunnel)!.Pick(except: null), Is.Null);
    }

    [Test]
    public void DrainAll_is_the_end_of_registrations()
    {
        _directory.DrainAll(TunnelCode.EdgeDraining, "stopping", TimeSpan.Zero, TimeSpan.Zero);
        var late = new FakeLink();

        Assert.That(_directory.Check(Tunnel, "instance-1", 0, 1)?.Code, Is.EqualTo(TunnelCode.EdgeDraining));
        Assert.That(_directory.Register(Entries.For(late)), Is.EqualTo(new RegistrationRefusal(TunnelCode.EdgeDraining, "stopping")));
        Assert.That((_directory.Count, late.CloseRequest), Is.EqualTo((0, (LinkClosure?)null)), "it was never filed, and its handshake refuses it");
    }

    private LinkDirectory Directory(DirectoryLimits limits) => new(limits, _metrics, NullLogger<LinkDirectory>.Instance);
}
