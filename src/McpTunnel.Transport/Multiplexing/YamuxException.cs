using McpTunnel.Protocol.Yamux;

namespace McpTunnel.Transport.Multiplexing;

/// <summary>The peer broke the multiplexer's protocol; the connection cannot go on.</summary>
internal sealed class YamuxException(YamuxViolation violation) : IOException($"yamux: {violation}")
{
    public YamuxViolation Violation { get; } = violation;
}
