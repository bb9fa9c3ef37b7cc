using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Hosting;

/// <summary>Events 2140 to 2142. An id keeps its meaning for ever; see <c>docs/events.md</c>.</summary>
internal static partial class CredentialLog
{
    [LoggerMessage(2140, LogLevel.Information, "New credentials taken over, link certificate valid until {NotAfter:u}; {Links} links renewed.")]
    public static partial void Renewed(ILogger logger, DateTimeOffset notAfter, int links);

    [LoggerMessage(2141, LogLevel.Warning, "{Reminder}")]
    public static partial void EndsSoon(ILogger logger, string reminder);

    [LoggerMessage(2142, LogLevel.Debug, "The credentials on disk are not usable at the moment: {Reason}")]
    public static partial void Unusable(ILogger logger, string reason);
}
