using System.Text.Json;
using System.Text.Json.Serialization;

namespace McpTunnel.Protocol.Control;

/// <summary>The one place where a <see cref="Secret"/> goes to and comes from the wire; everywhere else it is written as a fingerprint.</summary>
internal sealed class SecretWireConverter : JsonConverter<Secret>
{
    public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 } value ? new Secret(value) : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Reveal());
}
