namespace McpTunnel.Client.Configuration;

/// <summary>What the client speaks to an upstream.</summary>
public enum UpstreamProtocol
{
    /// <summary>HTTP/1.1.</summary>
    Http1,

    /// <summary>HTTP/2, with prior knowledge where there is no TLS.</summary>
    Http2,
}
