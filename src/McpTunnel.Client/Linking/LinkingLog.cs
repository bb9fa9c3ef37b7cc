using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Linking;

/// <summary>Events 2000 to 2099. An id keeps its meaning for ever; see <c>docs/events.md</c>.</summary>
internal static partial class LinkingLog
{
    [LoggerMessage(2001, LogLevel.Information, "Link {Index} is up: {Link} on edge node {Node} over {Carrier}.")]
    public static partial void Up(ILogger logger, int index, string link, string node, string carrier);

    [LoggerMessage(2002, LogLevel.Warning, "Link {Index} did not come up: {Reason} Next attempt in {Seconds:0.0} s.")]
    public static partial void Failed(ILogger logger, int index, string reason, double seconds);

    [LoggerMessage(2003, LogLevel.Warning, "Link {Index} ({Link}) ended, {Code}: {Detail}")]
    public static partial void Closed(ILogger logger, int index, string link, string code, string detail);

    [LoggerMessage(2004, LogLevel.Information, "Link {Index} ({Link}) is asked to move: {Reason}")]
    public static partial void Draining(ILogger logger, int index, string link, string reason);

    [LoggerMessage(2005, LogLevel.Information, "Link {Index} has a new link in place of {Link}, which finishes what is in flight: {Reason}")]
    public static partial void Moving(ILogger logger, int index, string link, string reason);

    [LoggerMessage(2006, LogLevel.Debug, "Link {Index} stays as it is. It was to move ({Reason}), but no new link came up: {Problem}")]
    public static partial void MoveFailed(ILogger logger, int index, string reason, string problem);

    [LoggerMessage(2007, LogLevel.Information, "Links run on {Carrier} from now on: {Reason}")]
    public static partial void CarrierChosen(ILogger logger, string carrier, string reason);

    [LoggerMessage(2008, LogLevel.Warning, "Links on {Carrier} are up and carry next to nothing ({Finding}); they move to the next carrier, and this one is left alone for a while.")]
    public static partial void Collapsed(ILogger logger, string carrier, string finding);

    [LoggerMessage(2009, LogLevel.Information, "{File} is not readable as the carrier that worked last, and is ignored: {Reason}")]
    public static partial void CarrierNotRead(ILogger logger, string file, string reason);

    [LoggerMessage(2011, LogLevel.Error, "Looking after links failed ({Part}); links go on, and the next look may do better.")]
    public static partial void CareFailed(ILogger logger, Exception exception, string part);

    [LoggerMessage(2012, LogLevel.Warning, "Link {Index} has been dialling for {Seconds} s without an answer, at present {Target}. If this goes on, something on the way may drop the packets, or what answers there is no edge: is that address and port open from here? Where the way out is a proxy, name it with 'proxy: url' or HTTPS_PROXY.")]
    public static partial void StillDialling(ILogger logger, int index, long seconds, string target);

    [LoggerMessage(2010, LogLevel.Information, "The carrier that works cannot be remembered for the next start, which begins with the first one then: {Reason}")]
    public static partial void CarrierNotRemembered(ILogger logger, string reason);
}
