using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using McpTunnel.Configuration.Rules;
using McpTunnel.Configuration.Values;

namespace McpTunnel.Configuration.Binding;

/// <summary>One key of a section, read once from its property.</summary>
public sealed class OptionDescriptor
{
    private readonly object _defaults;

    private OptionDescriptor(PropertyInfo property, OptionAttribute option, object defaults)
    {
        _defaults = defaults;
        Property = property;
        Key = option.Key;
        Description = option.Description;
        Reason = option.Reason;
        DefaultText = option.DefaultText;
        IsRequired = property.IsDefined(typeof(RequiredMemberAttribute));
        Rules = [.. property.GetCustomAttributes<OptionRuleAttribute>()];
        var type = property.PropertyType;
        var isList = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>);
        ElementType = isList ? type.GetGenericArguments()[0] : type;
        ValueType = OptionValueType.For(ElementType);
        Shape = (ValueType is not null, isList) switch
        {
            (true, false) => OptionShape.Value,
            (true, true) => OptionShape.ValueList,
            (false, false) => OptionShape.Section,
            (false, true) => OptionShape.SectionList,
        };
    }

    /// <summary>The key in the file.</summary>
    public string Key { get; }

    /// <summary>What it does.</summary>
    public string Description { get; }

    /// <summary>Why the default is what it is.</summary>
    public string Reason { get; }

    /// <summary>What stands behind the key.</summary>
    public OptionShape Shape { get; }

    /// <summary>The section's record type, or the type of one value.</summary>
    public Type ElementType { get; }

    /// <summary>Whether there is no default.</summary>
    public bool IsRequired { get; }

    /// <summary>The type and unit for people, such as "duration" or "list of networks".</summary>
    public string TypeName => Shape switch
    {
        OptionShape.Value => ValueType!.Name,
        OptionShape.ValueList => $"list of: {ValueType!.Name}",
        OptionShape.Section => "section",
        _ => "list of sections",
    };

    /// <summary>The conditions on the value for people; empty when there are none.</summary>
    public string RuleText => string.Join("; ", Rules.Select(rule => rule.Describe()));

    /// <summary>The default for people.</summary>
    public string DefaultDisplay => DefaultText ?? (IsRequired ? "required" : DisplayDefault());

    internal PropertyInfo Property { get; }

    internal OptionValueType? ValueType { get; }

    internal IReadOnlyList<OptionRuleAttribute> Rules { get; }

    internal bool IsPath => Rules.Any(rule => rule is FilePathAttribute);

    private string? DefaultText { get; }

    internal static OptionDescriptor? For(PropertyInfo property, object defaults) =>
        property.GetCustomAttribute<OptionAttribute>() is { } option ? new OptionDescriptor(property, option, defaults) : null;

    private string DisplayDefault()
    {
        var value = Property.GetValue(_defaults);
        return Shape switch
        {
            _ when value is null or "" => "none",
            OptionShape.Value => ValueType!.Write(value),
            OptionShape.ValueList when value is ICollection { Count: 0 } => "none",
            OptionShape.ValueList => string.Join(", ", ((IEnumerable)value).Cast<object>().Select(ValueType!.Write)),
            OptionShape.SectionList => "none",
            _ => "see there",
        };
    }
}
