using System.Globalization;
using McpTunnel.Configuration.Yaml;

namespace McpTunnel.Configuration.Binding;

/// <summary>
/// Lays environment variables over a document: <c>MCPTUNNEL__LIMITS__MAXREQUESTBODY=8MiB</c> sets <c>limits: maxRequestBody</c>.
/// Names ignore case, list items are numbered from 0 (the next free number appends), a list of values is split at commas.
/// </summary>
internal static class EnvironmentOverrides
{
    /// <summary>Two underscores, so that no ordinary variable of the product is mistaken for an option.</summary>
    public const string Prefix = "MCPTUNNEL__";

    private const string Separator = "__";

    public static void Apply(
        MappingNode root, OptionsSchema schema, IEnumerable<KeyValuePair<string, string>> variables, ICollection<ConfigurationError> errors)
    {
        // Ordered, so that item 0 is there before item 1 and errors do not change places between runs.
        foreach (var (name, value) in variables
            .Where(variable => variable.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(variable => variable.Key, StringComparer.OrdinalIgnoreCase))
        {
            ApplyOne(root, schema, name, value, errors);
        }
    }

    private static void ApplyOne(MappingNode root, OptionsSchema schema, string name, string value, ICollection<ConfigurationError> errors)
    {
        var location = SourceLocation.Environment(name);
        var segments = name[Prefix.Length..].Split(Separator);
        var mapping = root;
        for (var i = 0; i < segments.Length; i++)
        {
            if (schema.FindIgnoringCase(segments[i]) is not { } option)
            {
                errors.Add(new ConfigurationError(location, $"'{Printable.Text(segments[i])}' is not an option", NameSuggestion.Remedy(segments[i], schema.Keys)));
                return;
            }

            var isLast = i == segments.Length - 1;
            switch (option.Shape)
            {
                case OptionShape.Value when isLast:
                    mapping.Set(new MappingEntry(option.Key, location, new ScalarNode(location, value, plain: false)));
                    return;
                case OptionShape.ValueList when isLast:
                    mapping.Set(new MappingEntry(option.Key, location, SplitList(location, value)));
                    return;
                case OptionShape.Section when !isLast:
                    mapping = Descend(mapping, option, location);
                    schema = OptionsSchema.For(option.ElementType);
                    break;
                case OptionShape.SectionList when i < segments.Length - 2:
                    if (DescendIntoItem(mapping, option, segments[++i], location) is not { } item)
                    {
                        errors.Add(new ConfigurationError(location, $"'{Printable.Text(segments[i])}' is not a number of an item of '{option.Key}'", "Number the items from 0, without gaps"));
                        return;
                    }

                    mapping = item;
                    schema = OptionsSchema.For(option.ElementType);
                    break;
                default:
                    errors.Add(new ConfigurationError(location, $"'{option.Key}' is a {option.TypeName}", "Name the option inside it, or end the name at it"));
                    return;
            }
        }
    }

    private static SequenceNode SplitList(SourceLocation location, string value)
    {
        var list = new SequenceNode(location);
        foreach (var item in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            list.Add(new ScalarNode(location, item, plain: false));
        }

        return list;
    }

    private static MappingNode Descend(MappingNode mapping, OptionDescriptor option, SourceLocation location)
    {
        if (mapping.Find(option.Key)?.Value is MappingNode section)
        {
            return section;
        }

        section = new MappingNode(location);
        mapping.Set(new MappingEntry(option.Key, location, section));
        return section;
    }

    private static MappingNode? DescendIntoItem(MappingNode mapping, OptionDescriptor option, string number, SourceLocation location)
    {
        if (mapping.Find(option.Key)?.Value is not SequenceNode list)
        {
            list = new SequenceNode(location);
            mapping.Set(new MappingEntry(option.Key, location, list));
        }

        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index > list.Items.Count)
        {
            return null;
        }

        if (index == list.Items.Count || list.Items[index] is not MappingNode)
        {
            list.Set(index, new MappingNode(location));
        }

        return (MappingNode)list.Items[index];
    }
}
