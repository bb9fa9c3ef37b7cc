namespace McpTunnel.Registry.Administration;

/// <summary>What the holder of an admin key may do.</summary>
public enum AdminRole
{
    /// <summary>Look at everything, change nothing.</summary>
    Viewer = 1,

    /// <summary>Everything.</summary>
    Administrator = 2,
}
