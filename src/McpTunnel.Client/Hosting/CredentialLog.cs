using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Hosting;

/// <summary>Events 2140 to 2143. An id keeps its meaning for ever; see <c>docs/events.md</c>.</summary>
internal static partial class CredentialLog
{
    [LoggerMessage(2140, LogLevel.Information, "New credentials taken over, link certificate valid until {NotAfter:u}; {Links} links renewed.")]
    public static partial void Renewed(ILogger logger, DateTimeOffset notAfter, int links);

    [LoggerMessage(2141, LogLevel.Warning, "{Reminder}")]
    public static partial void EndsSoon(ILogger logger, string reminder);

    [LoggerMessage(2142, LogLevel.Debug, "The credentials on disk are not usable at the moment: {Reason}")]
    public static partial void Unusable(ILogger logger, string reason);

    [LoggerMessage(2143, LogLevel.Warning, "New credentials are on disk, and {Links} links still run with the ones before, since no new link came up: {Problem} What is on disk is used at the next reconnect or start. If it is refused, the client does not come back: give it a valid token and enrol it again with 'mcptunnel client enroll', before the credentials in use end or are revoked.")]
    public static partial void NotTaken(ILogger logger, int links, string problem);
}
