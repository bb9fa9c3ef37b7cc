namespace McpTunnel.Edge.Admin;

/// <param name="Items">A part of the list.</param>
/// <param name="Next">The <c>after</c> of the next part; absent in the last one.</param>
internal sealed record PageView<T>(IReadOnlyList<T> Items, string? Next);
