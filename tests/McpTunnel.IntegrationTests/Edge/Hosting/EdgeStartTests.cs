using System.Net;
using System.Net.Sockets;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Hosting;
using McpTunnel.TestKit.Edges;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.IntegrationTests.Edge.Hosting;

/// <summary>Where an edge listens, and what keeps it from starting.</summary>
[CancelAfter(60_000)]
public sealed class EdgeStartTests
{
    [Test]
    public async Task Listens_on_several_addresses_of_both_families(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync(listen: [new HostEndPoint("127.0.0.1", 0), new HostEndPoint("::1", 0), new HostEndPoint("::", 0)]);
        var ports = edge.Edge.EndPoints.Select(endPoint => endPoint.Port).ToArray();

        Assert.That(ports, Is.All.GreaterThan(0));
        foreach (var target in new[] { new IPEndPoint(IPAddress.Loopback, ports[0]), new(IPAddress.IPv6Loopback, ports[1]), new(IPAddress.Loopback, ports[2]), new(IPAddress.IPv6Loopback, ports[2]) })
        {
            using var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(target, cancellationToken);
            await socket.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), cancellationToken);
            var answer = new byte[12];
            await socket.ReceiveAsync(answer, cancellationToken);
            Assert.That(answer, Is.EqualTo("HTTP/1.1 400"u8.ToArray()), target.ToString());
        }
    }

    [Test]
    public async Task StartAsync_taken_port_says_which_and_what_to_do()
    {
        await using var edge = await EdgeFixture.StartAsync();

        var exception = await Assert.ThrowsAsync<EdgeStartException>(() => EdgeFixture.StartAsync(listen: [new HostEndPoint("127.0.0.1", edge.Edge.Port)]));

        Assert.That(exception!.Message, Does.Contain($"127.0.0.1:{edge.Edge.Port}").And.Contain("'listen'"));
    }

    [Test]
    public async Task StartAsync_second_edge_on_a_state_directory_says_so()
    {
        await using var edge = await EdgeFixture.StartAsync();
        var options = edge.Edge.Services.GetRequiredService<EdgeOptions>() with { Listen = [new HostEndPoint("127.0.0.1", 0)] };

        var exception = await Assert.ThrowsAsync<EdgeStartException>(() => TunnelEdge.StartAsync(options, NullLoggerFactory.Instance));

        Assert.That(exception!.Message, Does.Contain($"Another process runs with the state directory {options.State}. "));
    }

    [Test]
    public async Task StartAsync_without_a_state_directory_says_how_to_make_one()
    {
        var options = new EdgeOptions { Domain = "t.test", State = "/nonexistent/mcptunnel" };

        var exception = await Assert.ThrowsAsync<EdgeStartException>(() => TunnelEdge.StartAsync(options, NullLoggerFactory.Instance));

        Assert.That(exception!.Message, Does.Contain("/nonexistent/mcptunnel").And.Contain("mcptunnel edge init"));
    }
}
