using System.Text.Json;
using System.Text.Json.Serialization;

namespace McpTunnel.Client.Health;

/// <summary>Names of an enumeration as the command line's <c>--json</c> and the metrics write them: <c>good</c>, not <c>Good</c>. Reads either.</summary>
internal sealed class LowerCaseNames<TEnum>() : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where TEnum : struct, Enum;
