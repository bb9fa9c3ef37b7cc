using System.Text.Encodings.Web;
using System.Text.Json;

namespace McpTunnel.Benchmarks.Reports;

/// <summary>One run: every round, the medians, the budgets, and what was absent.</summary>
internal sealed record RunReport(
    DateTimeOffset Time,
    string Command,
    MachineFacts Machine,
    IReadOnlyList<ShapeReport> Shapes,
    IReadOnlyList<BudgetLine> Budgets,
    IReadOnlyList<Absence> Absent)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,

        // A window in which nothing arrived has no cost for each unit.
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() },
    };

    public Task WriteAsync(string file, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(file, JsonSerializer.Serialize(this, Json), cancellationToken);
}
