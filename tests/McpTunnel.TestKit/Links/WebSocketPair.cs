using System.Net.WebSockets;
using McpTunnel.Transport.WebSockets;

namespace McpTunnel.TestKit.Links;

/// <summary>Both ends of a websocket carrier over a byte stream in memory, as after the handshake.</summary>
public static class WebSocketPair
{
    public static (Stream Edge, Stream Client) Create()
    {
        var (edge, client) = DuplexMemoryStream.CreatePair();
        return (Wrap(edge, isServer: true), Wrap(client, isServer: false));
    }

    /// <summary>One end over a stream of the caller's.</summary>
    public static Stream Wrap(Stream bytes, bool isServer) => new WebSocketBytes(WebSocket.CreateFromStream(
        bytes, new WebSocketCreationOptions { IsServer = isServer, SubProtocol = WebSocketCarrier.Subprotocol, KeepAliveInterval = TimeSpan.Zero }));
}
