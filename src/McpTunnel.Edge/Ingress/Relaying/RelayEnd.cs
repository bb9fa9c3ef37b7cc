namespace McpTunnel.Edge.Ingress.Relaying;

/// <summary>How a relayed agent connection ended.</summary>
internal enum RelayEnd
{
    /// <summary>Both sides had said all they had to say.</summary>
    Completed,

    /// <summary>The agent's connection broke or was reset.</summary>
    AgentReset,

    /// <summary>The client reset the stream, or its link is gone.</summary>
    StreamReset,

    /// <summary>The edge stopped, or the connection was idle for longer than allowed.</summary>
    Aborted,
}
