using System.Text.Json.Serialization;

namespace McpTunnel.Client.Linking.Choice;

/// <summary>The carrier that worked, and when that was last so.</summary>
internal sealed record CarrierRecord(string Carrier, DateTimeOffset At);

/// <summary>How it is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CarrierRecord))]
internal sealed partial class CarrierJson : JsonSerializerContext;
