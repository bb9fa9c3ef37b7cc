namespace McpTunnel.Configuration.Binding;

/// <summary>A condition on one value of an option; on a list it holds for each item unless <see cref="OnWholeList"/>.</summary>
[AttributeUsage(AttributeTargets.Property, AllowMultiple = true)]
public abstract class OptionRuleAttribute : Attribute
{
    /// <summary>The condition for the reference, such as "1s to 1h".</summary>
    public abstract string Describe();

    /// <summary>What is wrong with <paramref name="value"/>, completing "'x' …"; null when nothing is.</summary>
    public abstract string? Fault(object value);

    /// <summary>What to do about a fault: one sentence without its full stop.</summary>
    public abstract string Remedy { get; }

    /// <summary>Whether the rule judges a list as a whole.</summary>
    public virtual bool OnWholeList => false;
}
