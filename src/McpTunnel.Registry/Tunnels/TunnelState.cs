namespace McpTunnel.Registry.Tunnels;

/// <summary>Whether a tunnel is in use.</summary>
public enum TunnelState
{
    /// <summary>Takes links and agents.</summary>
    Active = 1,

    /// <summary>Takes neither, for good. Its label stays taken, so that nobody inherits its callers.</summary>
    Archived = 2,
}
