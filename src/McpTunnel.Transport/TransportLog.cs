using McpTunnel.Protocol.ProxyProtocol;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Transport;

/// <summary>Events 1000 to 1999. An id keeps its meaning for ever; see <c>docs/events.md</c>.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(1001, LogLevel.Warning, "Link {Link}, stream {Stream}: the preamble is not a PROXY protocol v2 header of ours ({Status}); the stream was reset.")]
    public static partial void PreambleMalformed(ILogger logger, string link, long stream, ProxyHeaderStatus status);

    [LoggerMessage(1002, LogLevel.Debug, "Link {Link}, stream {Stream}: lost before its preamble was complete: {Reason}")]
    public static partial void StreamLost(ILogger logger, string link, long stream, string reason);
}
