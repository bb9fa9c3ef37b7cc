using System.Text;
using McpTunnel.Configuration.Binding;

namespace McpTunnel.TestKit.Documents;

/// <summary>The reference of an options record as Markdown, from the same words that the program's own messages use.</summary>
public static class OptionsReference
{
    /// <summary>One table for the record and one for each section in it.</summary>
    /// <param name="options">The record.</param>
    /// <param name="title">Heading of the first table.</param>
    public static string Write(Type options, string title)
    {
        var text = new StringBuilder();
        WriteSection(text, options, title);
        return text.ToString();
    }

    private static void WriteSection(StringBuilder text, Type type, string heading)
    {
        var schema = OptionsSchema.For(type);
        text.Append($"## {heading}\n\n| key | value | default | what it does, and why the default |\n|---|---|---|---|\n");
        foreach (var option in schema.Options)
        {
            var value = option.RuleText.Length == 0 ? option.TypeName : $"{option.TypeName}; {option.RuleText}";
            var what = option.Reason.Length == 0 ? option.Description : $"{option.Description} *{option.Reason}*";
            text.Append($"| `{option.Key}` | {Cell(value)} | {Cell(option.DefaultDisplay)} | {Cell(what)} |\n");
        }

        foreach (var section in schema.Options.Where(option => option.Shape is OptionShape.Section or OptionShape.SectionList))
        {
            text.Append('\n');
            WriteSection(text, section.ElementType, $"`{section.Key}`");
        }
    }

    private static string Cell(string text) =>
        text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
