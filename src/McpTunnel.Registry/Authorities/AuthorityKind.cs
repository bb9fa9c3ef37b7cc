namespace McpTunnel.Registry.Authorities;

/// <summary>What a certificate authority is trusted for.</summary>
public enum AuthorityKind
{
    /// <summary>The edge's own, for link certificates of all tunnels.</summary>
    TunnelCa = 1,

    /// <summary>A customer's, for link certificates of one tunnel.</summary>
    CustomerLinkCa = 2,
}
