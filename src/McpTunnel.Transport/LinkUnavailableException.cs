using McpTunnel.Protocol.Codes;

namespace McpTunnel.Transport;

/// <summary>The link cannot take this stream; another link may.</summary>
public sealed class LinkUnavailableException(TunnelCode code, string message) : IOException(message)
{
    public TunnelCode Code { get; } = code;
}
