using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Telemetry;

/// <summary>The events 3060 to 3069: one process of an edge node takes over from another. Ids are never reused.</summary>
internal static partial class HandoverLog
{
    [LoggerMessage(3060, LogLevel.Information, "Process {Process}, version {Software}, asks to take this edge over")]
    public static partial void HandoverAsked(this ILogger logger, int process, string software);

    [LoggerMessage(3061, LogLevel.Warning, "Process {Process} did not take over; this one goes on as before")]
    public static partial void HandoverAbandoned(this ILogger logger, int process);

    [LoggerMessage(3062, LogLevel.Information, "Process {Process} has taken over and accepts all connections from now on; links are told to leave, one after the other")]
    public static partial void HandedOver(this ILogger logger, int process);

    [LoggerMessage(3063, LogLevel.Warning, "Process {Process}, which had taken over, has ended. What is revoked would not be heard here any more, so streams are cut")]
    public static partial void SuccessorLost(this ILogger logger, int process);

    [LoggerMessage(3064, LogLevel.Warning, "This edge cannot be taken over by another process: {Reason}")]
    public static partial void HandoverUnavailable(this ILogger logger, string reason);

    [LoggerMessage(3065, LogLevel.Information, "Taking over from process {Process}, version {Software}, with {Sockets} listening sockets")]
    public static partial void HandoverBegan(this ILogger logger, int process, string software, int sockets);

    [LoggerMessage(3066, LogLevel.Information, "Took over from the process before, which serves what is in flight")]
    public static partial void TookOver(this ILogger logger);

    [LoggerMessage(3067, LogLevel.Information, "Process {Process}, the one before, has ended")]
    public static partial void PredecessorEnded(this ILogger logger, int process);

    [LoggerMessage(3068, LogLevel.Warning, "Process {Process} asked to take over and has not gone on for {Patience}: it cannot take over any more. End it if it hangs")]
    public static partial void HandoverTookTooLong(this ILogger logger, int process, TimeSpan patience);

    [LoggerMessage(3069, LogLevel.Error, "A part of this process did not stop when another one had taken over; it stops at this one's end")]
    public static partial void LeavingFailed(this ILogger logger, Exception exception);
}
