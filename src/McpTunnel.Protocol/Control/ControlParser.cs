using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control.Messages;

namespace McpTunnel.Protocol.Control;

/// <summary>Turns one line into a message. Never throws. Thread-safe.</summary>
public static class ControlParser
{
    private const int MaxQuotedPath = 60;

    /// <summary>Parses <paramref name="line"/>, given without its line feed.</summary>
    public static ControlRead Parse(ReadOnlySpan<byte> line)
    {
        if (line.Length > ControlLimits.MaxLineLength)
        {
            return ControlRead.Failed(TunnelCode.MessageTooLong, $"A control message is longer than {ControlLimits.MaxLineLength} bytes.");
        }

        if (!Utf8.IsValid(line))
        {
            return Malformed("A control message is not UTF-8.");
        }

        try
        {
            return FindType(line, out var type, out var problem) ? ParseAs(type, line) : Malformed(problem);
        }
        catch (JsonException exception)
        {
            return Malformed($"A control message is not valid JSON at byte {exception.BytePositionInLine?.ToString(CultureInfo.InvariantCulture)}.");
        }
        catch (InvalidOperationException)
        {
            // What the JSON reader throws for a string that escapes half a surrogate pair.
            return Malformed("A control message has a string that is not Unicode.");
        }
    }

    /// <summary>Looks for the one member <c>type</c> of the outermost object, wherever it stands, and checks the JSON to its end.</summary>
    private static bool FindType(ReadOnlySpan<byte> line, out JsonTypeInfo? type, out string problem)
    {
        type = null;
        problem = "";
        var found = false;
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = ControlLimits.MaxDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            problem = "A control message is not a JSON object.";
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            reader.Read();
            if (!isType)
            {
                reader.Skip();
                continue;
            }

            if (found || reader.TokenType != JsonTokenType.String)
            {
                problem = "A control message must have one member 'type', a string.";
                return false;
            }

            found = true;
            type = TypeInfo(ref reader);
        }

        // Whatever follows the object makes this throw.
        reader.Read();
        problem = "A control message has no member 'type'.";
        return found;
    }

    private static JsonTypeInfo? TypeInfo(ref Utf8JsonReader reader) => reader.GetString() switch
    {
        HelloMessage.TypeName => ControlJson.Default.HelloMessage,
        ServersMessage.TypeName => ControlJson.Default.ServersMessage,
        DrainingMessage.TypeName => ControlJson.Default.DrainingMessage,
        PingMessage.TypeName => ControlJson.Default.PingMessage,
        PongMessage.TypeName => ControlJson.Default.PongMessage,
        WelcomeMessage.TypeName => ControlJson.Default.WelcomeMessage,
        RefusedMessage.TypeName => ControlJson.Default.RefusedMessage,
        DrainMessage.TypeName => ControlJson.Default.DrainMessage,
        CloseMessage.TypeName => ControlJson.Default.CloseMessage,
        _ => null,
    };

    private static ControlRead ParseAs(JsonTypeInfo? type, ReadOnlySpan<byte> line)
    {
        if (type is null)
        {
            return ControlRead.Ignored();
        }

        try
        {
            var message = (ControlMessage)JsonSerializer.Deserialize(line, type)!;
            return message.FindProblem() is { } problem ? Malformed($"The control message '{message.Type}' is wrong: {problem}.") : ControlRead.Of(message);
        }
        catch (JsonException exception)
        {
            // The exception's own text may quote a value; its path holds names only, but those may be a stranger's.
            var name = type.Type.Name.Replace("Message", "", StringComparison.Ordinal).ToLowerInvariant();
            return Malformed($"The control message '{name}' lacks a field or has one of a wrong type, at {Quote(exception.Path)}.");
        }
    }

    private static string Quote(string? path) =>
        path is null ? "$" : new string([.. path.Take(MaxQuotedPath).Select(c => char.IsAsciiLetterOrDigit(c) || "$.[]".Contains(c, StringComparison.Ordinal) ? c : '?')]);

    private static ControlRead Malformed(string detail) => ControlRead.Failed(TunnelCode.ProtocolError, detail);
}
