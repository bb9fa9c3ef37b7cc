using McpTunnel.Protocol.Codes;

namespace McpTunnel.Transport;

/// <summary>A carrier that cannot go on for a reason that has a code of its own.</summary>
internal sealed class CarrierException(TunnelCode code, string message, Exception? inner = null) : IOException(message, inner)
{
    public TunnelCode Code { get; } = code;
}
