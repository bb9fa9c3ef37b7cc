namespace McpTunnel.Edge.Initialization;

/// <summary>Names of the files in an edge's state directory.</summary>
public static class EdgeStateFiles
{
    /// <summary>The configuration. It is made last: a directory without it is not an edge's.</summary>
    public const string Configuration = "edge.yaml";

    /// <summary>The registry.</summary>
    public const string Registry = "registry.db";

    /// <summary>Certificate and key of the authority for link certificates.</summary>
    public const string TunnelCa = "tunnel-ca.pem";

    public const string TunnelCaKey = "tunnel-ca.key";

    /// <summary>Certificate and key for the edge's own names.</summary>
    public const string Certificate = "edge.pem";

    public const string Key = "edge.key";

    /// <summary>Certificate of the authority that issued it, for clients to trust. Its key is not kept.</summary>
    public const string EdgeCa = "edge-ca.pem";

    /// <summary>Locked by the process that uses the directory.</summary>
    public const string Lock = "edge.lock";

    /// <summary>Where a new process asks the running one to hand over.</summary>
    public const string Handover = "edge.sock";

    /// <summary>The first admin key.</summary>
    public const string AdminKey = "admin-key";
}
