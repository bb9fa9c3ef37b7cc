namespace McpTunnel.Transport.WebSockets;

/// <summary>What both ends of the websocket carrier agree on (RFC 6455). The request path is that of the tls carrier.</summary>
public static class WebSocketCarrier
{
    /// <summary>The value of <c>Upgrade</c>.</summary>
    public const string UpgradeToken = "websocket";

    /// <summary>The subprotocol, in <c>Sec-WebSocket-Protocol</c>.</summary>
    public const string Subprotocol = "mcp-tunnel.1";

    /// <summary>The version of RFC 6455, in <c>Sec-WebSocket-Version</c>.</summary>
    public const string Version = "13";

    /// <summary>No pings of the WebSocket's own: the link's liveness asks on every carrier.</summary>
    internal static readonly TimeSpan NoKeepAlive = Timeout.InfiniteTimeSpan;
}
