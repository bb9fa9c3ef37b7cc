namespace McpTunnel.Cli.Demo.Once;

/// <summary>Ids of the log events that the demo reads; <c>docs/events.md</c> has them all.</summary>
internal static class HopEvents
{
    /// <summary>The boundary's access log: one for each call.</summary>
    public const int Call = 2100;

    /// <summary>The edge took an agent's connection to a link.</summary>
    public const int StreamOpened = 3021;

    /// <summary>The edge saw an agent's connection end.</summary>
    public const int StreamClosed = 3022;
}
