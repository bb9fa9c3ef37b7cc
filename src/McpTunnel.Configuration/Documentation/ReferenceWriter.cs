using System.Text;
using McpTunnel.Configuration.Binding;

namespace McpTunnel.Configuration.Documentation;

/// <summary>Writes the reference of an options record as Markdown tables, one for each section, from the records themselves.</summary>
public static class ReferenceWriter
{
    /// <summary>The tables, outermost section first.</summary>
    /// <param name="root">The record of the whole file.</param>
    /// <param name="title">The heading of the outermost table.</param>
    public static string Write(Type root, string title)
    {
        var text = new StringBuilder();
        var pending = new Queue<(OptionsSchema Schema, string Title)>([(OptionsSchema.For(root), title)]);
        var seen = new HashSet<Type> { root };
        while (pending.TryDequeue(out var section))
        {
            WriteTable(text, section.Schema, section.Title);
            foreach (var option in section.Schema.Options.Where(option => option.Shape is OptionShape.Section or OptionShape.SectionList))
            {
                if (seen.Add(option.ElementType))
                {
                    pending.Enqueue((OptionsSchema.For(option.ElementType), option.Shape is OptionShape.Section ? $"`{option.Key}`" : $"`{option.Key}`, each item"));
                }
            }
        }

        return text.ToString();
    }

    private static void WriteTable(StringBuilder text, OptionsSchema schema, string title)
    {
        text.Append("### ").Append(title).Append("\n\n| key | type | default | what it does |\n|---|---|---|---|\n");
        foreach (var option in schema.Options)
        {
            var type = option.RuleText.Length > 0 ? $"{option.TypeName}; {option.RuleText}" : option.TypeName;
            var words = option.Reason.Length > 0 ? $"{option.Description} *Why the default:* {option.Reason}" : option.Description;
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"| `{option.Key}` | {Cell(type)} | {Cell(option.DefaultDisplay)} | {Cell(words)} |\n");
        }

        text.Append('\n');
    }

    private static string Cell(string text) => text.Replace("|", "\\|").Replace("<", "&lt;");
}
