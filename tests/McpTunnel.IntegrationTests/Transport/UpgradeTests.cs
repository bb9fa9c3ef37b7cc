using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using McpTunnel.Protocol.Yamux;
using McpTunnel.TestKit.Edges;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.Network;
using McpTunnel.Transport;

namespace McpTunnel.IntegrationTests.Transport;

/// <summary>The HTTP request that becomes a link, at a real edge and against a hand-made one.</summary>
[CancelAfter(60_000)]
public sealed class UpgradeTests
{
    private static readonly string[] Handshake = ["Connection: Upgrade", "Upgrade: websocket", $"Sec-WebSocket-Key: {RawUpgrade.Key}"];

    private EdgeFixture _edge = null!;

    private static IEnumerable<TestCaseData> Refused()
    {
        yield return new TestCaseData("upgrade_required", Array.Empty<string>()).SetArgDisplayNames("none");
        yield return new TestCaseData("version_unsupported", new[] { "Connection: Upgrade", "Upgrade: mcp-tunnel/2" }).SetArgDisplayNames("another version");
        yield return new TestCaseData("version_unsupported", new[] { "Connection: Upgrade", "Upgrade: h2c" }).SetArgDisplayNames("another protocol");
        yield return new TestCaseData("version_unsupported", Handshake.Append("Sec-WebSocket-Version: 13").ToArray()).SetArgDisplayNames("no subprotocol");
        yield return new TestCaseData("version_unsupported", Handshake.Append("Sec-WebSocket-Version: 13").Append("Sec-WebSocket-Protocol: mcp-tunnel.2, chat").ToArray()).SetArgDisplayNames("another subprotocol");
        yield return new TestCaseData("version_unsupported", Handshake.Append("Sec-WebSocket-Version: 8").Append("Sec-WebSocket-Protocol: mcp-tunnel.1").ToArray()).SetArgDisplayNames("an old WebSocket");
        yield return new TestCaseData("version_unsupported", new[] { "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: AA==", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: mcp-tunnel.1" }).SetArgDisplayNames("a bad key");
    }

    [OneTimeSetUp]
    public async Task StartEdge() => _edge = await EdgeFixture.StartAsync();

    [OneTimeTearDown]
    public async Task StopEdge() => await _edge.DisposeAsync();

    [TestCaseSource(nameof(Refused))]
    public async Task Request_that_asks_for_no_link_is_answered_with_what_to_ask_for(string code, string[] headers)
    {
        await using var stream = await ConnectAsync();

        await stream.WriteAsync(Encoding.ASCII.GetBytes(RawUpgrade.Request(headers)));
        var head = await RequestHead.ReadAsync(stream, CancellationToken.None);
        var body = await RawUpgrade.ReadUntilAsync(stream, "}", CancellationToken.None);

        Assert.Multiple(() =>
        {
            Assert.That(head, Does.StartWith("HTTP/1.1 426 "));
            Assert.That(RequestHead.Header(head, "Upgrade"), Is.EqualTo("mcp-tunnel/1, websocket"));
            Assert.That(RequestHead.Header(head, "Sec-WebSocket-Version"), Is.EqualTo("13"));
            Assert.That(RequestHead.Header(head, "Content-Type"), Is.EqualTo("application/problem+json"));
            Assert.That(body, Does.Contain($"\"code\":\"{code}\"").And.Contain("mcp-tunnel.1"));
        });
    }

    [Test]
    public async Task Compression_that_a_client_offers_is_not_accepted()
    {
        await using var stream = await ConnectAsync();

        await stream.WriteAsync(Encoding.ASCII.GetBytes(RawUpgrade.Request([
            .. Handshake, "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: chat, mcp-tunnel.1", "Sec-WebSocket-Extensions: permessage-deflate"])));
        var head = await RequestHead.ReadAsync(stream, CancellationToken.None);

        Assert.That(head, Does.StartWith("HTTP/1.1 101 "));
        Assert.That(RequestHead.Header(head, "Sec-WebSocket-Extensions"), Is.Null);
        Assert.That(RequestHead.Header(head, "Sec-WebSocket-Protocol"), Is.EqualTo("mcp-tunnel.1"));
    }

    [TestCase(Carrier.Tls)]
    [TestCase(Carrier.Websocket)]
    public async Task F8_hello_in_the_same_packet_as_the_request_is_not_lost(Carrier carrier, CancellationToken cancellationToken)
    {
        await using var stream = await ConnectAsync();
        var hello = RawUpgrade.Wrap(carrier, RawUpgrade.Hello(_edge.Credentials.TunnelId, _edge.Credentials.Token), fromClient: true);

        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(RawUpgrade.Request(carrier)), .. hello], cancellationToken);
        var answer = await RawUpgrade.ReadUntilAsync(stream, "\"welcome\"", cancellationToken);

        Assert.That(answer, Does.StartWith("HTTP/1.1 101 "));
    }

    [TestCase(Carrier.Tls)]
    [TestCase(Carrier.Websocket)]
    public async Task F8_bytes_in_the_same_packet_as_the_101_are_not_lost(Carrier carrier, CancellationToken cancellationToken)
    {
        await using var fixture = await TlsCarrierFixture.StartAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var dialling = fixture.Dialer(carrier, port: ((IPEndPoint)listener.LocalEndpoint).Port).DialAsync(LinkPair.Hello(), cancellationToken);
        using var socket = await listener.AcceptSocketAsync(cancellationToken);
        await using var stream = new SslStream(new NetworkStream(socket));
        await stream.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = fixture.ServerCertificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
            },
            cancellationToken);
        var request = await RequestHead.ReadAsync(stream, cancellationToken);
        var ping = RawUpgrade.Wrap(carrier, RawUpgrade.Frame(YamuxFrameType.Ping, YamuxFlags.Syn, 0, 0x21212121), fromClient: false);

        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(RawUpgrade.Answer(carrier, request)), .. ping], cancellationToken);

        // The client answers a ping with its value; what a WebSocket masks is told apart by its bytes being unmasked first.
        var pong = RawUpgrade.Frame(YamuxFrameType.Ping, YamuxFlags.Ack, 0, 0x21212121);
        var bytes = carrier == Carrier.Tls ? stream : WebSocketPair.Wrap(stream, isServer: true);
        var received = new List<byte>();
        var buffer = new byte[4096];
        while (received.ToArray().AsSpan().IndexOf(pong) < 0)
        {
            var count = await bytes.ReadAsync(buffer, cancellationToken);
            Assert.That(count, Is.Not.Zero);
            received.AddRange(buffer[..count]);
        }

        socket.Close(0);
        Assert.That(async () => await dialling, Throws.InstanceOf<LinkConnectException>());
    }

    [Test]
    public async Task Middlebox_that_knows_only_WebSocket_stops_tls_with_the_reason_and_lets_websocket_pass(CancellationToken cancellationToken)
    {
        await using var fixture = await TlsCarrierFixture.StartAsync();
        await using var middlebox = RecordingProxy.StartWebSocketOnly(() => new IPEndPoint(IPAddress.Loopback, fixture.Port), fixture.ServerCertificate, fixture.LinkCertificate);
        LinkDialOptions Through(LinkDialOptions dial) => dial with { ConnectTo = middlebox.EndPoint };

        var failure = (await Assert.ThrowsAsync<LinkConnectException>(() => fixture.Dialer(Carrier.Tls, change: Through).DialAsync(LinkPair.Hello(), cancellationToken)))!;
        await using var link = await fixture.Dialer(Carrier.Websocket, change: Through).DialAsync(LinkPair.Hello(), cancellationToken);

        Assert.That(failure.Fault, Is.EqualTo(LinkConnectFault.UpgradeLost));
        Assert.That(failure.Message, Does.Contain("takes it out").And.Contain("websocket"));
        Assert.That(link.State, Is.EqualTo(LinkState.Active));
    }

    [Test]
    public async Task Link_over_websocket_is_listed_by_the_edge_with_its_carrier(CancellationToken cancellationToken)
    {
        await using var link = await _edge.DialAsync(carrier: Carrier.Websocket);
        using var admin = _edge.CreateHttpClient(asAdmin: true);

        var page = await admin.GetStringAsync("v1/links", cancellationToken);

        Assert.That(page, Does.Contain("\"carrier\":\"websocket\"").And.Contain(link.Identity.LinkId));
    }

    private Task<SslStream> ConnectAsync() => RawUpgrade.ConnectAsync(_edge.EndPoint, $"link.{EdgeFixture.Domain}", _edge.Credentials.Certificate);
}
