using System.Text.Json.Serialization;

namespace McpTunnel.Edge.Links;

/// <summary>JSON of the list of links: camel case, absent instead of null.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LinkPage))]
internal sealed partial class LinkJson : JsonSerializerContext;
