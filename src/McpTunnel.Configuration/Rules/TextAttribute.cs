using McpTunnel.Configuration.Binding;

namespace McpTunnel.Configuration.Rules;

/// <summary>Text of so many printable characters.</summary>
public sealed class TextAttribute(int minimumLength, int maximumLength) : OptionRuleAttribute
{
    /// <summary>The fewest characters.</summary>
    public int MinimumLength { get; } = minimumLength;

    /// <summary>The most characters.</summary>
    public int MaximumLength { get; } = maximumLength;

    /// <inheritdoc/>
    public override string Remedy => $"Write {Describe()}";

    /// <inheritdoc/>
    public override string Describe() => $"{MinimumLength} to {MaximumLength} printable characters";

    /// <inheritdoc/>
    public override string? Fault(object value)
    {
        var text = (string)value;
        return text.Length < MinimumLength ? "is too short"
            : text.Length > MaximumLength ? "is too long"
            : text.Any(char.IsControl) ? "has control characters"
            : null;
    }
}
