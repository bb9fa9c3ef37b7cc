using System.Diagnostics.Metrics;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Telemetry;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Directory;

public sealed class AwaitedLinkTests
{
    [Test]
    public async Task WhenActiveAsync_waits_for_a_link_of_that_tunnel_that_takes_streams()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var directory = new LinkDirectory(
            new DirectoryLimits(10, 10, 10, 10), new EdgeMetrics(services.GetRequiredService<IMeterFactory>()), NullLogger<LinkDirectory>.Instance);
        directory.Register(Entries.For(new FakeLink(tunnel: "tnl_a") { State = LinkState.Draining }));

        var waiting = directory.WhenActiveAsync("tnl_a");
        directory.Register(Entries.For(new FakeLink(tunnel: "tnl_b")));
        var before = (waiting.IsCompleted, directory.HasActive("tnl_a"));
        directory.Register(Entries.For(new FakeLink(index: 1, tunnel: "tnl_a")));
        await waiting;

        Assert.That(before, Is.EqualTo((false, false)));
        Assert.That(directory.HasActive("tnl_a"));
        Assert.That(directory.WhenActiveAsync("tnl_b").IsCompletedSuccessfully);
    }
}
