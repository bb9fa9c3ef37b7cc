using McpTunnel.TestKit.Links;
using McpTunnel.Transport;

namespace McpTunnel.UnitTests.Transport.WebSockets;

public sealed class WebSocketLinkStreamTests : LinkStreamContract
{
    protected override Task<LinkPair> CreatePairAsync(LinkOptions? options = null)
    {
        var (edge, client) = WebSocketPair.Create();
        return LinkPair.CreateAsync(edge, client, options, carrier: Carrier.Websocket);
    }
}
