namespace McpTunnel.Transport;

/// <summary>What a link runs on.</summary>
public enum Carrier
{
    /// <summary>TCP 443, HTTP Upgrade, yamux inside.</summary>
    Tls,
}
