namespace McpTunnel.Edge.Ingress.Relaying;

/// <summary>Names of <see cref="RelayEnd"/> in metrics and logs; never changed.</summary>
internal static class RelayEnds
{
    public static string Name(this RelayEnd end) => end switch
    {
        RelayEnd.Completed => "completed",
        RelayEnd.AgentReset => "agent_reset",
        RelayEnd.StreamReset => "stream_reset",
        _ => "aborted",
    };
}
