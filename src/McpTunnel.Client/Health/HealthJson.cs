using System.Text.Json.Serialization;
using McpTunnel.Client.Linking;
using McpTunnel.Client.SelfCalls;

namespace McpTunnel.Client.Health;

/// <summary>How status is written. Another program may read it back with the same context.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(LowerCaseNames<LinkSlotState>), typeof(LowerCaseNames<SelfCallState>)],
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClientStatus))]
[JsonSerializable(typeof(Readiness))]
public sealed partial class HealthJson : JsonSerializerContext;
