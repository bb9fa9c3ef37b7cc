using System.Net;
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

    [LoggerMessage(1003, LogLevel.Information, "Link {Link}, stream {Stream}: connection {ConnectionId} from {Agent} refused, {Code}: no server of this client is called {ServerName}.")]
    public static partial void NameUnknown(ILogger logger, string link, long stream, string connectionId, string serverName, IPEndPoint? agent, string code);

    [LoggerMessage(1004, LogLevel.Warning, "Link {Link}, stream {Stream}: reset, {Code}: there are {Limit} {What}, which is the limit.")]
    public static partial void TooManyConnections(ILogger logger, string link, long stream, string code, int limit, string what);

    [LoggerMessage(1010, LogLevel.Warning, "The kernel lets a UDP socket buffer {Limit} bytes, too few for links over QUIC. Allow more: sysctl -w net.core.rmem_max={Recommended} net.core.wmem_max={Recommended}")]
    public static partial void UdpBufferSmall(ILogger logger, long limit, int recommended);

    [LoggerMessage(1011, LogLevel.Debug, "A QUIC handshake on {Address} failed: {Reason}")]
    public static partial void QuicHandshakeFailed(ILogger logger, IPEndPoint address, string reason);

    [LoggerMessage(1012, LogLevel.Error, "A QUIC connection from {RemoteAddress} failed for a reason of our own")]
    public static partial void QuicLinkFaulted(ILogger logger, Exception exception, IPEndPoint remoteAddress);

    [LoggerMessage(1020, LogLevel.Warning, "Event {Event}, {Subject}: {Count} more lines of the last {Seconds} s were not logged")]
    public static partial void LinesLeftOut(ILogger logger, int @event, string subject, long count, double seconds);
}
