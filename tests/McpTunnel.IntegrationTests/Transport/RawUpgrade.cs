using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.Protocol.Yamux;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.Network;
using McpTunnel.Transport;

namespace McpTunnel.IntegrationTests.Transport;

/// <summary>The beginning of a link by hand, byte by byte: for what no good peer sends, and for what it sends in one packet.</summary>
internal static class RawUpgrade
{
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    public static string Request(params string[] headers) =>
        $"GET /v1/link HTTP/1.1\r\nHost: link.{TestKit.Edges.EdgeFixture.Domain}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n";

    /// <summary>The request of a carrier.</summary>
    public static string Request(Carrier carrier) => carrier == Carrier.Tls
        ? Request("Connection: Upgrade", "Upgrade: mcp-tunnel/1")
        : Request("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", $"Sec-WebSocket-Key: {Key}", "Sec-WebSocket-Protocol: mcp-tunnel.1");

    /// <summary>The answer of an edge to a request.</summary>
    public static string Answer(Carrier carrier, string request)
    {
        if (carrier == Carrier.Tls)
        {
            return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: mcp-tunnel/1\r\n\r\n";
        }

        // RFC 6455 section 1.3.
        var key = RequestHead.Header(request, "Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
#pragma warning disable CA5350 // The protocol has it so; it protects nothing.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key)));
#pragma warning restore CA5350
        return $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: mcp-tunnel.1\r\n\r\n";
    }

    /// <summary>Bytes of the multiplexer as the carrier has them.</summary>
    public static byte[] Wrap(Carrier carrier, byte[] bytes, bool fromClient) =>
        carrier == Carrier.Tls ? bytes : WebSocketFrame.Of(WebSocketFrame.Binary, bytes, masked: fromClient);

    /// <summary>Stream 1 with a hello.</summary>
    public static byte[] Hello(string tunnel, string token)
    {
        var line = ControlWriter.ToLine(new HelloMessage(ControlVersion.Highest, tunnel, new Secret(token), "raw", 0, 1, "tls", "test/1", [new AnnouncedServer("docs")]));
        return [.. Frame(YamuxFrameType.Data, YamuxFlags.Syn, 1, (uint)line.Length), .. line];
    }

    public static byte[] Frame(YamuxFrameType type, YamuxFlags flags, uint stream, uint length)
    {
        var frame = new byte[YamuxHeader.Size];
        new YamuxHeader(type, flags, stream, length).Write(frame);
        return frame;
    }

    public static async Task<SslStream> ConnectAsync(IPEndPoint endPoint, string name, X509Certificate2? certificate)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endPoint);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = name,
            ClientCertificates = certificate is null ? null : [certificate],
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
        });
        return stream;
    }

    /// <summary>Reads until the text has come.</summary>
    public static async Task<string> ReadUntilAsync(Stream stream, string text, CancellationToken cancellationToken)
    {
        var received = new StringBuilder();
        var buffer = new byte[4096];
        while (!received.ToString().Contains(text, StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(buffer, cancellationToken);
            Assert.That(count, Is.Not.Zero, $"ended before '{text}': {received}");
            received.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return received.ToString();
    }
}
