namespace McpTunnel.Benchmarks.Reports;

/// <summary>A budget of the design and what was measured; null when a variant it needs is absent.</summary>
/// <param name="Unit"><c>×</c> for a ratio, else the unit of <paramref name="Value"/>.</param>
/// <param name="AtLeast">Whether the budget is a floor rather than a ceiling.</param>
internal sealed record BudgetLine(string Name, string Peer, double Budget, string Unit, double? Value, bool AtLeast = false)
{
    public bool? Met => Value is { } value ? (AtLeast ? value >= Budget : value <= Budget) : null;
}
