namespace McpTunnel.Transport;

/// <summary>What a link runs on, best first.</summary>
public enum Carrier
{
    /// <summary>UDP 443; the streams are QUIC's own.</summary>
    Quic,

    /// <summary>TCP 443, HTTP Upgrade, yamux inside.</summary>
    Tls,

    /// <summary>TCP 443, WebSocket, yamux inside: for middleboxes that insist.</summary>
    Websocket,
}
