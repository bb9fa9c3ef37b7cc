using System.Net.Sockets;
using System.Text;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge.Configuration;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Tunnels;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.Transport;
using Microsoft.Extensions.DependencyInjection;

namespace McpTunnel.IntegrationTests.Edge.Ingress;

/// <summary>What strangers send, and what they get: a typed answer, counted, and the rest unharmed.</summary>
[CancelAfter(60_000)]
public sealed class IngressRefusalTests
{
    private static readonly byte[] UnrecognizedName = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 112];
    private static readonly byte[] InternalError = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 80];
    private static readonly byte[] DecodeError = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 50];
    private static readonly byte[] HandshakeFailure = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 40];
    private static readonly byte[] UserCanceled = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 90];

    [TestCase("example.org")]
    [TestCase("docs.nobody.tunnel.test")]
    [TestCase("acme.tunnel.test")]
    [TestCase("agents.tunnel.test")]
    [TestCase("x.docs.acme.tunnel.test")]
    [TestCase("docs.acme.tunnel.test.example.org")]
    [TestCase("docs.acme.another.net")]
    public async Task F23_unknown_name_gets_the_alert_and_nothing_is_dialled(string name)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();

        Assert.That(await SendAsync(edge, await Agents.HelloAsync(name)), Is.EqualTo(UnrecognizedName));

        Assert.That(edge.Metrics.Sum("mcptunnel.edge.connections", "unknown_name"), Is.EqualTo(1));
        Assert.That(link.StreamCount, Is.Zero);
    }

    [Test]
    public async Task No_server_name_gets_the_alert()
    {
        await using var edge = await EdgeFixture.StartAsync();

        Assert.That(await SendAsync(edge, await Agents.HelloAsync(serverName: null)), Is.EqualTo(UnrecognizedName));
        Assert.That(edge.Metrics.Sum("mcptunnel.edge.connections", "no_server_name"), Is.EqualTo(1));
    }

    [Test]
    public async Task F23_tunnel_without_a_link_gets_another_alert()
    {
        await using var edge = await EdgeFixture.StartAsync();

        Assert.That(await SendAsync(edge, await Agents.HelloAsync(EdgeFixture.ServerName)), Is.EqualTo(InternalError));
        Assert.That(edge.Metrics.Sum("mcptunnel.edge.connections", "no_link"), Is.EqualTo(1));
        Assert.That(edge.Metrics.Sum("mcptunnel.edge.streams.failed", "no_link"), Is.EqualTo(1));
    }

    [Test]
    public async Task Archived_tunnel_is_an_unknown_name()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await edge.Edge.Services.GetRequiredService<ITunnelRegistry>().ArchiveAsync(edge.Tunnel.Id, AdminActor.Local, CancellationToken.None);

        Assert.That(await SendAsync(edge, await Agents.HelloAsync(EdgeFixture.ServerName)), Is.EqualTo(UnrecognizedName));
    }

    [TestCase("GET /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\n\r\n")]
    [TestCase("P")]
    public async Task Plain_http_is_told_that_the_port_speaks_tls(string request)
    {
        await using var edge = await EdgeFixture.StartAsync();

        var answer = Encoding.ASCII.GetString(await SendAsync(edge, Encoding.ASCII.GetBytes(request)));

        Assert.That(answer, Does.StartWith("HTTP/1.1 400 Bad Request\r\n").And.Contain("This port speaks TLS").And.Contain("Connection: close"));
        Assert.That(edge.Metrics.Sum("mcptunnel.edge.connections", "not_tls"), Is.EqualTo(1));
    }

    [Test]
    public async Task Not_tls_at_all_is_closed_without_a_word()
    {
        await using var edge = await EdgeFixture.StartAsync();

        Assert.That(await SendAsync(edge, new byte[] { 0x00, 0x01, 0x02, 0x03 }), Is.Empty);
        Assert.That(edge.Metrics.Sum("mcptunnel.edge.connections", "not_tls"), Is.EqualTo(1));
    }

    [Test]
    public async Task Malformed_client_hello_gets_the_alert()
    {
        await using var edge = await EdgeFixture.StartAsync();
        var hello = await Agents.HelloAsync(EdgeFixture.ServerName);
        hello[5] = 2;

        Assert.That(await SendAsync(edge, hello), Is.EqualTo(DecodeError));
        Assert.That(edge.Metrics.Sum("mcptunnel.edge.connections", "client_hello_malformed"), Is.EqualTo(1));
    }

    [Test]
    public async Task Client_hello_of_single_bytes_is_relayed_like_any_other()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var hello = await Agents.HelloAsync(EdgeFixture.ServerName);
        using var agent = await edge.ConnectAsync();
        foreach (var value in hello)
        {
            await agent.SendAsync(new[] { value });
        }

        await using var stream = await Agents.AcceptAsync(link);
        await Agents.ReadPreambleAsync(stream.Input);

        Assert.That(await Agents.ReadAsync(stream.Input, hello.Length), Is.EqualTo(hello));
    }

    [Test]
    public async Task Client_hello_of_64_kib_is_relayed_and_one_byte_more_is_refused()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var longest = ClientHellos.Padded(EdgeFixture.ServerName, 64 * 1024);

        using var agent = await edge.ConnectAsync();
        await agent.SendAsync(longest);
        await using var stream = await Agents.AcceptAsync(link);
        await Agents.ReadPreambleAsync(stream.Input);
        Assert.That(await Agents.ReadAsync(stream.Input, longest.Length), Is.EqualTo(longest));

        Assert.That(await SendAsync(edge, ClientHellos.Padded(EdgeFixture.ServerName, (64 * 1024) + 1)), Is.EqualTo(HandshakeFailure));
        Assert.That(edge.Metrics.Sum("mcptunnel.edge.connections", "client_hello_too_large"), Is.EqualTo(1));
    }

    [Test]
    public async Task Client_hello_over_the_configured_size_is_refused_and_at_it_is_not()
    {
        var hello = ClientHellos.Padded("nobody.test", 8 * 1024);
        await using var exact = await EdgeFixture.StartAsync(new EdgeLimitOptions { ClientHelloSize = new ByteSize(hello.Length) });
        await using var shorter = await EdgeFixture.StartAsync(new EdgeLimitOptions { ClientHelloSize = new ByteSize(hello.Length - 1) });

        Assert.That(await SendAsync(exact, hello), Is.EqualTo(UnrecognizedName));
        Assert.That(await SendAsync(shorter, hello), Is.EqualTo(HandshakeFailure));
    }

    [Test]
    public async Task Client_hello_memory_is_bounded_for_all_together()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { ClientHelloMemory = ByteSize.KiB(128) });
        var part = ClientHellos.Padded("nobody.test", 64 * 1024).AsMemory(0, 60 * 1024);
        var agents = await Task.WhenAll(HoldAsync(edge, part), HoldAsync(edge, part), HoldAsync(edge, part));
        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.connections", "edge_overloaded") >= 1, "one of the three is refused, or two that asked for more at the same moment");

        var refused = await Task.WhenAny(agents.Select(Agents.ReceiveToEndAsync));
        Assert.That(await refused, Is.EqualTo(InternalError));
        Array.ForEach(agents, agent => agent.Dispose());
    }

    [Test]
    public async Task Client_hello_that_never_ends_is_closed_at_the_deadline()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { ClientHelloTimeout = TimeSpan.FromMilliseconds(300) });
        var hello = await Agents.HelloAsync(EdgeFixture.ServerName);
        using var silent = await edge.ConnectAsync();
        using var half = await edge.ConnectAsync();
        await half.SendAsync(hello.AsMemory(0, hello.Length / 2));

        Assert.That(await Agents.ReceiveToEndAsync(silent), Is.EqualTo(UserCanceled));
        Assert.That(await Agents.ReceiveToEndAsync(half), Is.EqualTo(UserCanceled));
        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.connections", "client_hello_timeout") == 2, "both are counted");
        await Eventually.ThatAsync(() => edge.Metrics.Observe("mcptunnel.edge.connections.pending") == 0, "nothing is left");
    }

    [Test]
    public async Task Peer_that_leaves_before_its_client_hello_is_counted_and_forgotten()
    {
        await using var edge = await EdgeFixture.StartAsync();
        for (var i = 0; i < 10; i++)
        {
            using var socket = await edge.ConnectAsync();
            if (i % 2 == 0)
            {
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
        }

        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.connections", "closed_early") == 10, "all are counted");
        await Eventually.ThatAsync(() => edge.Metrics.Observe("mcptunnel.edge.connections.pending") == 0, "nothing is left");
    }

    [Test]
    public async Task Garbage_of_every_kind_leaves_the_edge_unharmed()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        var valid = await Agents.HelloAsync(EdgeFixture.ServerName);
        var random = new Random(20_260_728);
        for (var i = 0; i < 200; i++)
        {
            var bytes = i % 2 == 0 ? Fuzz.Mutate(random, valid) : RandomBytes(random);
            using var socket = await edge.ConnectAsync();
            await socket.SendAsync(bytes.AsMemory());
        }

        await Eventually.ThatAsync(() => edge.Metrics.Observe("mcptunnel.edge.connections.pending") == 0, "every connection was answered");
        Assert.That(edge.Metrics.Sum("mcptunnel.edge.connections", "internal_error"), Is.Zero);
        Assert.That(link.State, Is.EqualTo(LinkState.Active));
        Assert.That(await SendAsync(edge, await Agents.HelloAsync("example.org")), Is.EqualTo(UnrecognizedName));
    }

    /// <summary>Sends, and reads what comes until the edge has finished.</summary>
    private static async Task<byte[]> SendAsync(EdgeFixture edge, ReadOnlyMemory<byte> bytes)
    {
        using var socket = await edge.ConnectAsync();
        await socket.SendAsync(bytes);
        return await Agents.ReceiveToEndAsync(socket);
    }

    private static async Task<Socket> HoldAsync(EdgeFixture edge, ReadOnlyMemory<byte> bytes)
    {
        var socket = await edge.ConnectAsync();
        await socket.SendAsync(bytes);
        return socket;
    }

    private static byte[] RandomBytes(Random random)
    {
        var bytes = new byte[random.Next(1, 2000)];
        random.NextBytes(bytes);
        return bytes;
    }
}
