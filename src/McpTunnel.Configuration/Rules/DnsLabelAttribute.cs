using System.Buffers;
using McpTunnel.Configuration.Binding;

namespace McpTunnel.Configuration.Rules;

/// <summary>One label of a host name (RFC 1123 section 2.1), lower case: letters, digits and inner hyphens, at most 63.</summary>
public sealed class DnsLabelAttribute : OptionRuleAttribute
{
    private const int MaxLength = 63;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <inheritdoc/>
    public override string Remedy => "Write 1 to 63 lower-case letters, digits or hyphens, with a letter or digit at both ends";

    /// <inheritdoc/>
    public override string Describe() => "a DNS label, lower case";

    /// <inheritdoc/>
    public override string? Fault(object value) => IsLabel((string)value) ? null : "is not a DNS label";

    internal static bool IsLabel(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxLength && text[0] != '-' && text[^1] != '-' &&
        !text.ContainsAnyExcept(Allowed);
}
