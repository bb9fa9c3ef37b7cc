using System.Text.Json.Serialization;

namespace McpTunnel.Edge.Handover;

/// <summary>JSON of the messages between two processes of one edge node.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(HandoverMessage))]
internal sealed partial class HandoverJson : JsonSerializerContext;
