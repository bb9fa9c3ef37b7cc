using System.Net;

namespace McpTunnel.Transport.Kestrel;

/// <summary>
/// What the edge said about an agent connection in its PROXY protocol v2 preamble. Found in the features of every Kestrel
/// connection (and so of every request) that came down a link.
/// </summary>
public interface ITunnelConnectionFeature
{
    /// <summary>The agent's address as the edge saw it; null when the edge did not know it (PROXY LOCAL or UNSPEC).</summary>
    IPEndPoint? AgentEndPoint { get; }

    /// <summary>The SNI by which the edge routed, lower case (PP2_TYPE_AUTHORITY).</summary>
    string ServerName { get; }

    /// <summary>The edge's id for this connection (PP2_TYPE_UNIQUE_ID).</summary>
    string ConnectionId { get; }

    /// <summary>The edge node that accepted the agent.</summary>
    string EdgeNode { get; }

    /// <summary>The identity that an agent platform proved to the edge with its certificate (TLV 0xE7); null for an agent that came directly.</summary>
    string? AgentPlatform { get; }

    /// <summary>
    /// Whether the link takes no new connections: it is being left for another one. A response should say that the connection ends with it.
    /// </summary>
    bool IsDraining { get; }

    ILinkStream Stream { get; }
}
