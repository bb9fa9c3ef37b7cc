namespace McpTunnel.Benchmarks.Load;

internal enum LoadMode
{
    /// <summary>Small tool calls, each connection one after the other (closed loop).</summary>
    Calls,

    /// <summary>One endless response body per connection, towards the agent; counted in bytes.</summary>
    Download,

    /// <summary>Request bodies of a GiB, one after the other on each connection, towards the upstream; counted in bytes.</summary>
    Upload,

    /// <summary>Event streams; the time from the upstream's write to the agent's read.</summary>
    Events,

    /// <summary>Connections that say nothing, held for the window.</summary>
    IdleConnections,

    /// <summary>Event streams that say nothing, held for the window.</summary>
    IdleStreams,
}
