using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace McpTunnel.Cli.Shell;

/// <summary>
/// Words of others on a terminal: what an edge, a client or whoever is taken for one says, and the names of files. Nothing in them that a terminal obeys reaches it, and no line of theirs looks like one of
/// ours.
/// </summary>
internal static class PlainText
{
    /// <summary>How answers are read: every text in them is one line without anything that a terminal obeys.</summary>
    public static JsonSerializerOptions Reading { get; } = new(JsonSerializerDefaults.Web) { Converters = { new Converter() } };

    /// <summary>The same for a type that has its own way of being read.</summary>
    public static JsonTypeInfo<T> Read<T>(JsonSerializerContext context)
    {
        var options = new JsonSerializerOptions(context.Options) { TypeInfoResolver = context };
        options.Converters.Add(new Converter());
        return (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }

    /// <summary>White space becomes a space; other controls, and what reorders or breaks lines in Unicode, the replacement character.</summary>
    public static string Of(string text) =>
        text.Any(IsObeyed) ? string.Create(text.Length, text, static (plain, from) =>
        {
            for (var i = 0; i < plain.Length; i++)
            {
                plain[i] = !IsObeyed(from[i]) ? from[i] : from[i] is '\r' or '\n' or '\t' ? ' ' : '\uFFFD';
            }
        }) : text;

    private static bool IsObeyed(char c) =>
        char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    /// <summary>Does it to all that a console writes. Its own colours are added later.</summary>
    internal sealed class Hook : IRenderHook
    {
        public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) => renderables.Select(renderable => new Plain(renderable));
    }

    private sealed class Plain(IRenderable inner) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            inner.Render(options, maxWidth).Select(segment => segment.IsLineBreak || segment.IsControlCode || !segment.Text.Any(IsObeyed) ? segment : new Segment(Of(segment.Text), segment.Style));
    }

    private sealed class Converter : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? Of(reader.GetString()!) : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }
}
