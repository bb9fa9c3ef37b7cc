using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.SelfCalls;

/// <summary>Events 2150 to 2159. An id keeps its meaning for ever; see <c>docs/events.md</c>.</summary>
internal static partial class SelfCallLog
{
    [LoggerMessage(2150, LogLevel.Warning, "This client's calls to itself through the edge fail, so it is not ready: {Problem}")]
    public static partial void Failed(ILogger logger, string problem);

    [LoggerMessage(2151, LogLevel.Information, "This client's calls to itself through the edge come back again, after {Seconds:0} s.")]
    public static partial void Good(ILogger logger, double seconds);

    [LoggerMessage(2152, LogLevel.Warning, "Link {Link} is up and serves no calls; a new one takes its place.")]
    public static partial void Replacing(ILogger logger, string link);

    [LoggerMessage(2153, LogLevel.Warning, "A call of this client to itself through the edge was not answered by it: {Warning}.")]
    public static partial void AnsweredElsewhere(ILogger logger, string warning);

    [LoggerMessage(2154, LogLevel.Error, "The client's calls to itself met a fault of its own.")]
    public static partial void Faulted(ILogger logger, Exception exception);
}
