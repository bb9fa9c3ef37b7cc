namespace McpTunnel.Protocol.Yamux;

/// <summary>Which stream ids a side may open: the client (the tunnel client) odd ones, the server (the edge) even ones.</summary>
public enum YamuxRole
{
    Client,
    Server,
}
