namespace McpTunnel.Registry;

/// <summary>A part of a list.</summary>
/// <param name="Items">The items, in the list's order.</param>
/// <param name="Next">What to ask for the next page with; null when this is the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
