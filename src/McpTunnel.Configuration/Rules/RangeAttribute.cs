using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Values;

namespace McpTunnel.Configuration.Rules;

/// <summary>The value lies between two others, both included, written as they would be in the file.</summary>
public sealed class RangeAttribute(string minimum, string maximum) : OptionRuleAttribute
{
    /// <summary>The smallest value allowed.</summary>
    public string Minimum { get; } = minimum;

    /// <summary>The largest value allowed.</summary>
    public string Maximum { get; } = maximum;

    /// <inheritdoc/>
    public override string Remedy => $"Write a value from {Minimum} to {Maximum}";

    /// <inheritdoc/>
    public override string Describe() => $"{Minimum} to {Maximum}";

    /// <inheritdoc/>
    public override string? Fault(object value)
    {
        var type = OptionValueType.For(value.GetType())!;
        var comparer = System.Collections.Comparer.DefaultInvariant;
        return comparer.Compare(value, type.Read(Minimum)) < 0 ? "is too small"
            : comparer.Compare(value, type.Read(Maximum)) > 0 ? "is too large"
            : null;
    }
}
