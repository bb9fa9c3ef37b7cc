using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Linking;

/// <summary>Events 2000 to 2099. An id keeps its meaning for ever; see <c>docs/events.md</c>.</summary>
internal static partial class LinkingLog
{
    [LoggerMessage(2001, LogLevel.Information, "Link {Index} is up: {Link} on edge node {Node}.")]
    public static partial void Up(ILogger logger, int index, string link, string node);

    [LoggerMessage(2002, LogLevel.Warning, "Link {Index} did not come up: {Reason} Next attempt in {Seconds:0.0} s.")]
    public static partial void Failed(ILogger logger, int index, string reason, double seconds);

    [LoggerMessage(2003, LogLevel.Warning, "Link {Index} ({Link}) ended, {Code}: {Detail}")]
    public static partial void Closed(ILogger logger, int index, string link, string code, string detail);

    [LoggerMessage(2004, LogLevel.Information, "Link {Index} ({Link}) is asked to move: {Reason}")]
    public static partial void Draining(ILogger logger, int index, string link, string reason);
}
