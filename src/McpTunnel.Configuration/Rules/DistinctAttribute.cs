using System.Collections;
using McpTunnel.Configuration.Binding;

namespace McpTunnel.Configuration.Rules;

/// <summary>No item of the list is there twice.</summary>
public sealed class DistinctAttribute : OptionRuleAttribute
{
    /// <inheritdoc/>
    public override bool OnWholeList => true;

    /// <inheritdoc/>
    public override string Remedy => "Write each item once";

    /// <inheritdoc/>
    public override string Describe() => "each once";

    /// <inheritdoc/>
    public override string? Fault(object value)
    {
        var seen = new HashSet<object>();
        return ((IEnumerable)value).Cast<object>().All(seen.Add) ? null : "has an item twice";
    }
}
