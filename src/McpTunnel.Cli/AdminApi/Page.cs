namespace McpTunnel.Cli.AdminApi;

/// <summary>A part of a list.</summary>
/// <param name="Items">The items of this part.</param>
/// <param name="Next">Where the next part begins; null in the last.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
