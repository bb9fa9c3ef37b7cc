using McpTunnel.Client.Calls;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.AccessLog;

/// <summary>Events 2100 to 2109. An id keeps its meaning for ever; see <c>docs/events.md</c>.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(
        2100,
        LogLevel.Information,
        "{Server} {Method} {Path} {Status} {Code}: caller {CallerKind} {SubjectHash} client {ClientId}, {RequestBytes} bytes in, {ResponseBytes} bytes out, {Milliseconds:0.000} ms, headers after {HeaderMilliseconds:0.000} ms, closed by {ClosedBy}, connection {ConnectionId} over {EdgeNode}, fault {Fault}")]
    public static partial void Call(
        ILogger logger,
        string server,
        string method,
        string path,
        int status,
        string code,
        string callerKind,
        string subjectHash,
        string clientId,
        long requestBytes,
        long responseBytes,
        double milliseconds,
        double headerMilliseconds,
        ClosedBy closedBy,
        string connectionId,
        string edgeNode,
        string fault);

    [LoggerMessage(2101, LogLevel.Error, "A call to {Server} met a fault of the client's own.")]
    public static partial void Failed(ILogger logger, string server, Exception exception);

    [LoggerMessage(2102, LogLevel.Information, "Connection {ConnectionId} over {EdgeNode} is ended: within a second its agent has reset more calls, the last to {Server}, than it may.")]
    public static partial void TooManyResets(ILogger logger, string server, string connectionId, string edgeNode);
}
