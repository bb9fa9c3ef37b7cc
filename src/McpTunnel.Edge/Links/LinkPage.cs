namespace McpTunnel.Edge.Links;

/// <summary>A part of the list of links.</summary>
/// <param name="Items">The links.</param>
/// <param name="Next">What to pass as <c>after</c> for the following part; absent at the end.</param>
internal sealed record LinkPage(IReadOnlyList<LinkView> Items, string? Next);
