namespace McpTunnel.Client.Calls;

/// <summary>Who ended a call.</summary>
internal enum ClosedBy
{
    /// <summary>The boundary answered by itself.</summary>
    Boundary,

    /// <summary>The upstream's response came to its end, or broke off.</summary>
    Upstream,

    /// <summary>The agent went away first.</summary>
    Agent,

    /// <summary>A limit on time.</summary>
    Timeout,

    /// <summary>The client stops, and ended an event stream in good order.</summary>
    Stop,
}
