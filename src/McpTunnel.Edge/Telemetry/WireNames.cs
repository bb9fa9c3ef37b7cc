using System.Text.Json;

namespace McpTunnel.Edge.Telemetry;

/// <summary>Enum values as they stand in metrics and in the API: snake_case.</summary>
internal static class WireNames
{
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
