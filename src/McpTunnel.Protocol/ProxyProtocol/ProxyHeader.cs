using System.Net;

namespace McpTunnel.Protocol.ProxyProtocol;

/// <summary>
/// The PROXY protocol version 2 header that stands in front of every stream: who the agent is and which server it named. See
/// <c>docs/protocol.md</c> and the PROXY protocol specification, section 2.2.
/// </summary>
public readonly record struct ProxyHeader
{
    /// <summary>Command LOCAL: the edge itself made the connection, for instance to probe; there is no agent.</summary>
    public bool IsLocal { get; init; }

    /// <summary>The agent's address as the edge saw it; null for LOCAL, and where the edge does not know it (family UNSPEC).</summary>
    public IPEndPoint? Source { get; init; }

    /// <summary>The edge's address that the agent connected to; null where <see cref="Source"/> is.</summary>
    public IPEndPoint? Destination { get; init; }

    /// <summary>PP2_TYPE_AUTHORITY: the SNI host name, lower case.</summary>
    public string? Authority { get; init; }

    /// <summary>PP2_TYPE_UNIQUE_ID: the edge's id for the connection, 1 to 128 printable ASCII characters.</summary>
    public string? UniqueId { get; init; }

    /// <summary>TLV 0xE6: the edge node that accepted the agent, 1 to 128 printable ASCII characters.</summary>
    public string? EdgeNode { get; init; }

    /// <summary>TLV 0xE7: the identity that an agent platform proved with its certificate, 1 to 1,024 bytes of UTF-8; null for a direct agent.</summary>
    public string? AgentPlatform { get; init; }
}
