namespace McpTunnel.TestKit.Links;

/// <summary>Who lets go of a stream first, and how.</summary>
public enum StreamEnding
{
    EdgeAborts,
    ClientAborts,
    BothAbort,
    EdgeAbortsUnread,
    EdgeEndsClientDisposes,
    ClientEndsEdgeDisposes,
    BothEnd,
    BothDisposeAtOnce,
    AbortWithoutAByte,
}
