using System.Net;
using System.Net.WebSockets;
using McpTunnel.Transport.Dialing;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Tls;

namespace McpTunnel.Transport.WebSockets;

/// <summary>Dials links of the websocket carrier. Thread-safe; one dialer serves all links of a client.</summary>
public sealed class WebSocketLinkDialer(LinkDialOptions options, TimeProvider time) : ILinkDialer
{
    public Carrier Carrier => Carrier.Websocket;

    /// <inheritdoc/>
    public Task<ILink> DialAsync(LinkHello hello, CancellationToken cancellationToken) =>
        UpgradeDial.RunAsync(Carrier, options, time, hello, UpgradeAsync, cancellationToken);

    private async Task<Stream> UpgradeAsync(HttpMessageInvoker http, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(WebSocketCarrier.Subprotocol);
            socket.Options.HttpVersion = HttpVersion.Version11;
            socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            socket.Options.KeepAliveInterval = WebSocketCarrier.NoKeepAlive;
            await socket.ConnectAsync(new UriBuilder(options.Edge) { Scheme = Uri.UriSchemeWss, Path = TlsCarrier.Path }.Uri, http, cancellationToken);
            if (socket.SubProtocol != WebSocketCarrier.Subprotocol)
            {
                throw new LinkConnectException($"{options.Edge.Authority}: answered as a WebSocket without the subprotocol '{WebSocketCarrier.Subprotocol}'. Is this address the edge's?")
                { Fault = LinkConnectFault.UpgradeLost };
            }

            return new WebSocketBytes(socket);
        }
        catch (WebSocketException e)
        {
            socket.Dispose();
            throw e.InnerException is LinkConnectException or LinkRefusedException
                ? e.InnerException
                : new LinkConnectException($"{options.Edge.Authority}: the WebSocket did not come up: {e.Message}", e) { Fault = LinkConnectFault.UpgradeLost };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
