using McpTunnel.Protocol.Codes;

namespace McpTunnel.Transport.Handshake;

/// <summary>The peer broke the control protocol.</summary>
internal sealed class ControlException(TunnelCode code, string detail) : IOException(detail)
{
    public TunnelCode Code { get; } = code;
}
