using System.Collections;
using McpTunnel.Configuration.Values;
using McpTunnel.Configuration.Yaml;

namespace McpTunnel.Configuration.Binding;

/// <summary>Fills options records from nodes. Adds every fault it meets and goes on with the default.</summary>
internal sealed class OptionsBinder(ICollection<ConfigurationError> errors, SourceMap sources)
{
    /// <summary>A new record of the schema's type; keys absent from <paramref name="node"/> keep their defaults.</summary>
    public object BindSection(OptionsSchema schema, ConfigNode node, string where)
    {
        var options = schema.Create();
        sources.Add(options, node);
        var before = errors.Count;
        Fill(options, schema, node, where);
        if (errors.Count > before)
        {
            sources.MarkFaulty(options);
        }

        return options;
    }

    private void Fill(object options, OptionsSchema schema, ConfigNode node, string where)
    {
        if (node is ScalarNode { IsNull: true })
        {
            ReportMissing(schema, node, mapping: null, where);
            return;
        }

        if (node is not MappingNode mapping)
        {
            Add(node, $"{char.ToUpperInvariant(where[0])}{where[1..]} must be a list of keys with values", $"Write lines of the form 'key: value'; known here: {string.Join(", ", schema.Keys)}");
            return;
        }

        foreach (var entry in mapping.Entries)
        {
            if (schema.Find(entry.Key) is not { } option)
            {
                errors.Add(new ConfigurationError(
                    entry.KeyLocation, $"The key '{Printable.Text(entry.Key)}' is not known in {where}", NameSuggestion.Remedy(entry.Key, schema.Keys)));
            }
            else if (entry.Value is not ScalarNode { IsNull: true } && Bind(option, entry.Value) is { } value)
            {
                option.Property.SetValue(options, value);
            }
        }

        ReportMissing(schema, node, mapping, where);
    }

    private void ReportMissing(OptionsSchema schema, ConfigNode node, MappingNode? mapping, string where)
    {
        foreach (var option in schema.Options.Where(option => option.IsRequired))
        {
            var entry = mapping?.Find(option.Key);
            if (entry is null || entry.Value is ScalarNode { IsNull: true })
            {
                Add(entry?.Value ?? node, $"The key '{option.Key}' is missing in {where}", $"Add '{option.Key}:': {char.ToLowerInvariant(option.Description[0])}{option.Description[1..].TrimEnd('.')}");
            }
        }
    }

    private object? Bind(OptionDescriptor option, ConfigNode node) => option.Shape switch
    {
        OptionShape.Value => BindValue(option, node),
        OptionShape.Section => BindSection(OptionsSchema.For(option.ElementType), node, $"'{option.Key}'"),
        _ => BindList(option, node),
    };

    private IList? BindList(OptionDescriptor option, ConfigNode node)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(option.ElementType))!;
        if (node is not SequenceNode sequence)
        {
            Add(node, $"The value of '{option.Key}' must be a list", "Write each item on its own line after '- ', or in brackets: [a, b]");
            return null;
        }

        foreach (var item in sequence.Items)
        {
            var value = option.Shape is OptionShape.SectionList
                ? BindSection(OptionsSchema.For(option.ElementType), item, $"an item of '{option.Key}'")
                : BindValue(option, item);
            if (value is not null)
            {
                list.Add(value);
            }
        }

        if (list.Count < sequence.Items.Count)
        {
            // Told above; a list without its wrong items is not what anybody wrote.
            return null;
        }

        foreach (var rule in option.Rules.Where(rule => rule.OnWholeList))
        {
            if (rule.Fault(list) is { } fault)
            {
                Add(node, $"The list '{option.Key}' {fault}", rule.Remedy);
                return null;
            }
        }

        return list;
    }

    private object? BindValue(OptionDescriptor option, ConfigNode node)
    {
        if (node is not ScalarNode scalar || scalar.IsNull)
        {
            Add(node, $"The value of '{option.Key}' must be a single value", $"Write {option.ValueType!.Form}");
            return null;
        }

        if (option.ValueType!.Read(scalar.Value) is not { } value)
        {
            Add(node, $"'{Printable.Text(scalar.Value)}' is not a value for '{option.Key}'", Remedy(option.ValueType, scalar.Value));
            return null;
        }

        foreach (var rule in option.Rules.Where(rule => !rule.OnWholeList))
        {
            if (rule.Fault(value) is { } fault)
            {
                Add(node, $"'{Printable.Text(scalar.Value)}' for '{option.Key}' {fault}", rule.Remedy);
                return null;
            }
        }

        return option.IsPath ? ResolvePath(scalar) : value;
    }

    private static string Remedy(OptionValueType type, string written) =>
        type.Names is { } names ? NameSuggestion.Remedy(written, names) : $"Write {type.Form}";

    private static string ResolvePath(ScalarNode scalar)
    {
        var home = scalar.Location.IsFile ? Path.GetDirectoryName(Path.GetFullPath(scalar.Location.File)) : null;
        return home is null ? Path.GetFullPath(scalar.Value) : Path.GetFullPath(scalar.Value, home);
    }

    private void Add(ConfigNode node, string message, string remedy) => errors.Add(new ConfigurationError(node.Location, message, remedy));
}
