using System.Collections;
using System.Text;

namespace McpTunnel.Configuration.Binding;

/// <summary>Writes options records as text, so that two of them can be compared by value with their lists and sections.</summary>
public static class OptionsText
{
    /// <summary>Every key with its value, in the order of the schema. Equal options, equal text.</summary>
    public static string Of(object options)
    {
        var text = new StringBuilder();
        Append(text, options);
        return text.ToString();
    }

    /// <summary>The keys of the outermost section whose values differ.</summary>
    public static IReadOnlyList<string> Differences(object one, object other)
    {
        var differences = new List<string>();
        foreach (var option in OptionsSchema.For(one.GetType()).Options)
        {
            var (first, second) = (new StringBuilder(), new StringBuilder());
            AppendValue(first, option, option.Property.GetValue(one));
            AppendValue(second, option, option.Property.GetValue(other));
            if (!first.Equals(second))
            {
                differences.Add(option.Key);
            }
        }

        return differences;
    }

    private static void Append(StringBuilder text, object options)
    {
        text.Append('{');
        foreach (var option in OptionsSchema.For(options.GetType()).Options)
        {
            text.Append(option.Key).Append(':');
            AppendValue(text, option, option.Property.GetValue(options));
            text.Append(';');
        }

        text.Append('}');
    }

    private static void AppendValue(StringBuilder text, OptionDescriptor option, object? value)
    {
        switch (value)
        {
            case null:
                text.Append('~');
                break;
            case IEnumerable items and not string:
                text.Append('[');
                foreach (var item in items)
                {
                    AppendItem(text, option, item);
                    text.Append(',');
                }

                text.Append(']');
                break;
            default:
                AppendItem(text, option, value);
                break;
        }
    }

    private static void AppendItem(StringBuilder text, OptionDescriptor option, object item)
    {
        if (option.ValueType is { } type)
        {
            // Its length first: a value with our own punctuation in it stays one value.
            var written = type.Write(item);
            text.Append(written.Length).Append('"').Append(written);
        }
        else
        {
            Append(text, item);
        }
    }
}
