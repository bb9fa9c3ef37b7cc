using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Api;

/// <summary>Events of the edge's API, 3100 to 3199, listed in docs/events.md.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(3100, LogLevel.Error, "{Method} {Path} failed for a reason of our own")]
    public static partial void CallFailed(this ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(3101, LogLevel.Information, "Tunnel {TunnelId}: link certificate {Serial} issued to {RemoteAddress} with token {TokenId}, until {NotAfter:u}")]
    public static partial void Enrolled(
        this ILogger logger, string tunnelId, string serial, string remoteAddress, string tokenId, DateTimeOffset notAfter);

    [LoggerMessage(3102, LogLevel.Warning, "Enrolment from {RemoteAddress} refused: {Code}: {Detail}")]
    public static partial void EnrolmentRefused(this ILogger logger, string remoteAddress, string code, string detail);

    [LoggerMessage(3110, LogLevel.Warning, "Admin call {Method} {Path} from {RemoteAddress} refused: {Code}")]
    public static partial void AdminRefused(this ILogger logger, string method, string path, string remoteAddress, string code);

    [LoggerMessage(3111, LogLevel.Information, "Admin {ActorName} ({ActorId}) from {RemoteAddress}: {Action} {Target}; {Links} live links closed")]
    public static partial void AdminChanged(
        this ILogger logger, string actorName, string actorId, string remoteAddress, string action, string target, int links);
}
