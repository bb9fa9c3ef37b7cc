namespace McpTunnel.Benchmarks.Load;

internal enum LoadMode
{
    /// <summary>Small tool calls, each connection one after the other (closed loop).</summary>
    Calls,

    /// <summary>One endless response body per connection; counted in bytes.</summary>
    Bulk,

    /// <summary>Event streams; the time from the upstream's write to the agent's read.</summary>
    Events,

    /// <summary>Connections that say nothing, held for the window.</summary>
    IdleConnections,

    /// <summary>Event streams that say nothing, held for the window.</summary>
    IdleStreams,
}
