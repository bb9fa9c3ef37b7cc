using System.Text.Json;
using System.Text.Json.Serialization;

namespace McpTunnel.Protocol.Control;

/// <summary>Writes the fingerprint, so that an object with a secret in it can be shown whole. Reading takes the value.</summary>
internal sealed class SecretFingerprintConverter : JsonConverter<Secret>
{
    public override Secret? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { Length: > 0 } value ? new Secret(value) : null;

    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
