using System.Net.Sockets;
using McpTunnel.Certificates.Files;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Hosting;
using McpTunnel.Edge.Initialization;
using McpTunnel.TestKit.Edges;
using Microsoft.Extensions.DependencyInjection;

namespace McpTunnel.IntegrationTests.Edge.Hosting;

[CancelAfter(60_000)]
public sealed class DepartureTests
{
    [Test]
    public async Task F13_part_that_fails_to_stop_does_not_keep_port_and_lock_from_the_successor()
    {
        await using var edge = await EdgeFixture.StartAsync();
        var services = edge.Edge.Services;
        services.GetRequiredService<ManagementGate>().Left.Register(() => throw new InvalidOperationException("a part of it"));

        Assert.That(services.GetRequiredService<Departure>().LeaveToSuccessorAsync, Throws.Exception.With.Message.Contains("a part of it"));

        Assert.That(() => StateLock.Take(services.GetRequiredService<EdgeOptions>().State, EdgeStateFiles.Lock).Dispose(), Throws.Nothing);
        Assert.That(edge.ConnectAsync, Throws.InstanceOf<SocketException>());
    }
}
