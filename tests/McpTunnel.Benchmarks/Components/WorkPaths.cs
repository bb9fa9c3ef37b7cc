namespace McpTunnel.Benchmarks.Components;

/// <summary>What the upstream serves. All below the MCP endpoint, which is what a tunnel exposes without being told more.</summary>
internal static class WorkPaths
{
    public const string Call = "/mcp";
    public const string Bulk = "/mcp/bulk";
    public const string Events = "/mcp/events";
}
