namespace McpTunnel.Client;

/// <summary>What the framework has for numbers only.</summary>
internal static class Durations
{
    public static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
