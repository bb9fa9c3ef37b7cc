using System.Collections;
using McpTunnel.Configuration.Binding;

namespace McpTunnel.Configuration.Rules;

/// <summary>The list has so many items.</summary>
public sealed class CountAttribute(int minimum, int maximum) : OptionRuleAttribute
{
    /// <summary>The fewest items.</summary>
    public int Minimum { get; } = minimum;

    /// <summary>The most items.</summary>
    public int Maximum { get; } = maximum;

    /// <inheritdoc/>
    public override bool OnWholeList => true;

    /// <inheritdoc/>
    public override string Remedy => $"Write {Describe()}";

    /// <inheritdoc/>
    public override string Describe() => Minimum == 0 ? $"at most {Maximum} items" : $"{Minimum} to {Maximum} items";

    /// <inheritdoc/>
    public override string? Fault(object value) => ((ICollection)value).Count switch
    {
        var count when count < Minimum => "has too few items",
        var count when count > Maximum => "has too many items",
        _ => null,
    };
}
