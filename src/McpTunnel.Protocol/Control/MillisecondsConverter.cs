using System.Text.Json;
using System.Text.Json.Serialization;

namespace McpTunnel.Protocol.Control;

/// <summary>Times as whole milliseconds, from 0 to <see cref="ControlLimits.MaxTime"/>; the fields' names end in <c>Ms</c>.</summary>
internal sealed class MillisecondsConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.Number
            || !reader.TryGetInt64(out var milliseconds)
            || milliseconds < 0
            || milliseconds > (long)ControlLimits.MaxTime.TotalMilliseconds)
        {
            throw new JsonException();
        }

        return TimeSpan.FromMilliseconds(milliseconds);
    }

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteNumberValue((long)value.TotalMilliseconds);
}
