using System.Globalization;
using System.Net;
using System.Text.Json;

namespace McpTunnel.Configuration.Values;

/// <summary>How one type of option is written: its name and form for people, its reader and writer.</summary>
/// <param name="Name">As shown in the documentation.</param>
/// <param name="Form">Completes "Write …" in a remedy.</param>
/// <param name="Read">The value, or null when the text is not of this form.</param>
/// <param name="Write">The text that <paramref name="Read"/> reads back.</param>
internal sealed record OptionValueType(string Name, string Form, Func<string, object?> Read, Func<object, string> Write)
{
    /// <summary>The words allowed, when there are only so many.</summary>
    public IReadOnlyCollection<string>? Names { get; private init; }

    private static readonly Func<object, string> Plain = value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static readonly Dictionary<Type, OptionValueType> Known = new()
    {
        [typeof(string)] = new("text", "text", text => text, Plain),
        [typeof(bool)] = new("true or false", "true or false", ReadBoolean, value => (bool)value ? "true" : "false"),
        [typeof(int)] = new("whole number", "a whole number", text => ReadInt32(text), Plain),
        [typeof(long)] = new("whole number", "a whole number", text => ReadInt64(text), Plain),
        [typeof(TimeSpan)] = new(
            "duration",
            "a whole number with its unit (ms, s, m, h, d), such as 30s or 5m",
            text => Duration.TryParse(text, out var duration) ? duration : null,
            value => Duration.Format((TimeSpan)value)),
        [typeof(ByteSize)] = new(
            "byte size",
            "a whole number with its unit (B, KiB, MiB, GiB), such as 4MiB",
            text => ByteSize.TryParse(text, out var size) ? size : null,
            Plain),
        [typeof(IPNetwork)] = new(
            "network",
            "a network in CIDR form without host bits, such as 10.0.0.0/8 or fd00::/8",
            text => ReadNetwork(text),
            Plain),
        [typeof(HostEndPoint)] = new(
            "host:port",
            "a host and a port, such as 127.0.0.1:9464 or [::1]:9464",
            text => HostEndPoint.TryParse(text, out var endPoint) ? endPoint : null,
            Plain),
        [typeof(Uri)] = new("URL", "an absolute URL, such as https://edge.example.com", ReadUri, value => ((Uri)value).OriginalString),
    };

    /// <summary>The way to write <paramref name="type"/>; null when it is not a single value.</summary>
    public static OptionValueType? For(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsEnum ? ForEnum(type) : Known.GetValueOrDefault(type);
    }

    private static OptionValueType ForEnum(Type type)
    {
        var names = Enum.GetNames(type).ToDictionary(KeyName, name => Enum.Parse(type, name), StringComparer.Ordinal);
        var list = string.Join(", ", names.Keys);
        return new OptionValueType($"one of {list}", $"one of {list}", text => names.GetValueOrDefault(text), value => KeyName(value.ToString()!))
        {
            Names = names.Keys,
        };
    }

    private static string KeyName(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);

    private static object? ReadBoolean(string text) => text switch
    {
        "true" => true,
        "false" => false,
        _ => null,
    };

    private static int? ReadInt32(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static long? ReadInt64(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    // Bits behind the prefix are a slip of the hand: 10.0.0.1/8 was meant to be one address, or one network.
    private static IPNetwork? ReadNetwork(string text) =>
        text.IndexOf('/') is > 0 and var slash && IPAddress.TryParse(text.AsSpan(0, slash), out var address) &&
        IPNetwork.TryParse(text, out var network) && network.BaseAddress.Equals(address)
            ? network
            : null;

    // "/path" would be an absolute file URL on Unix: only what names its scheme counts.
    private static Uri? ReadUri(string text) =>
        text.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : null;
}
