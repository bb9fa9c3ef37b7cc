namespace McpTunnel.Client.Configuration;

/// <summary>How a proxy is answered that asks for credentials.</summary>
public enum ProxyScheme
{
    /// <summary>The strongest that it offers: Negotiate, NTLM, Digest, Basic.</summary>
    Any,
    Basic,
    Digest,
    Ntlm,
    Negotiate,
}
