using System.Text.Json.Serialization;

namespace McpTunnel.Client.Health;

/// <summary>How status is written. Another program may read it back with the same context.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClientStatus))]
[JsonSerializable(typeof(Readiness))]
public sealed partial class HealthJson : JsonSerializerContext;
