using System.Text.Json;
using System.Text.Json.Serialization;

namespace McpTunnel.Protocol.Control;

/// <summary>
/// Text for people that ends up in logs and on terminals: cut to <see cref="ControlLimits.MaxTextLength"/> when written, since a long
/// explanation must not keep a link from being closed; refused when longer, and freed of control characters, when read.
/// </summary>
internal sealed class TextConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String || reader.GetString() is not { Length: <= ControlLimits.MaxTextLength } text)
        {
            throw new JsonException();
        }

        return text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)) : text;
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
    {
        var length = Math.Min(value.Length, ControlLimits.MaxTextLength);
        if (length < value.Length && char.IsHighSurrogate(value[length - 1]))
        {
            length--;
        }

        writer.WriteStringValue(value.AsSpan(0, length));
    }
}
