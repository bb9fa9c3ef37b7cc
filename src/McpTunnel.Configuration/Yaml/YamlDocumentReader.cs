using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace McpTunnel.Configuration.Yaml;

/// <summary>
/// Turns one YAML document (YAML 1.2, core subset without tags, merge keys and complex keys) into nodes that know their place.
/// Works on parser events, so a document is bounded while it is read and not after.
/// </summary>
internal sealed class YamlDocumentReader
{
    private readonly string _file;
    private readonly ICollection<ConfigurationError> _errors;
    private readonly Dictionary<string, ConfigNode> _anchors = new(StringComparer.Ordinal);
    private readonly Parser _parser;
    private long _weight;

    private YamlDocumentReader(string text, string file, ICollection<ConfigurationError> errors)
    {
        _file = file;
        _errors = errors;
        _parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
    }

    /// <summary>Reads <paramref name="text"/>; null, with at least one error added, when it is not one well-formed document.</summary>
    public static ConfigNode? Read(string text, string file, ICollection<ConfigurationError> errors)
    {
        var before = errors.Count;
        try
        {
            var root = new YamlDocumentReader(text, file, errors).ReadDocument();
            return errors.Count > before && root is null ? null : root;
        }
        catch (RefusedDocumentException refused)
        {
            errors.Add(refused.Error);
        }
        catch (YamlException exception)
        {
            errors.Add(SyntaxError(exception, file));
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException or OverflowException)
        {
            // The scanner lets a few of its internal failures out on damaged input.
            errors.Add(new ConfigurationError(
                SourceLocation.WholeFile(file), "The file cannot be read as YAML", "Check its quoting, brackets and indentation"));
        }

        return null;
    }

    private static ConfigurationError SyntaxError(YamlException exception, string file)
    {
        var location = new SourceLocation(file, (int)Math.Max(1, exception.Start.Line), (int)Math.Max(1, exception.Start.Column));
        var message = exception.Message.TrimEnd('.', ' ');
        return new ConfigurationError(
            location, $"This is not valid YAML: {message}", "Check quoting, brackets and indentation here and in the line above");
    }

    private ConfigNode? ReadDocument()
    {
        Next<StreamStart>();
        if (Peek() is StreamEnd)
        {
            _errors.Add(new ConfigurationError(SourceLocation.WholeFile(_file), "The file is empty", "Write the options, or remove the file"));
            return null;
        }

        Next<DocumentStart>();
        var root = ReadNode(depth: 1);
        Next<DocumentEnd>();
        if (Peek() is not StreamEnd)
        {
            throw Refuse(Peek(), "The file has more than one YAML document", "Remove the '---' line and what follows it, or split the file");
        }

        if (root is ScalarNode { IsNull: true })
        {
            _errors.Add(new ConfigurationError(SourceLocation.WholeFile(_file), "The file is empty", "Write the options, or remove the file"));
            return null;
        }

        return root;
    }

    private ConfigNode ReadNode(int depth)
    {
        var current = Peek();
        if (depth > ConfigurationLimits.MaxDepth)
        {
            throw Refuse(current, $"The document nests deeper than {ConfigurationLimits.MaxDepth} levels", "Flatten it");
        }

        if (current is AnchorAlias alias)
        {
            Advance();
            return Follow(alias);
        }

        if (current is not NodeEvent { } node)
        {
            throw Refuse(current, "A value is expected here", "Write a value, or remove the key");
        }

        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific)
        {
            throw Refuse(current, $"The tag {node.Tag.Value} is not supported", "Remove the tag: types are fixed by the options");
        }

        ConfigNode result = node switch
        {
            Scalar scalar => ReadScalar(scalar),
            SequenceStart => ReadSequence(depth),
            _ => ReadMapping(depth),
        };
        if (!node.Anchor.IsEmpty)
        {
            if (_anchors.Count >= ConfigurationLimits.MaxAnchors)
            {
                throw Refuse(current, $"The file has more than {ConfigurationLimits.MaxAnchors} anchors", "Write the values out");
            }

            _anchors[node.Anchor.Value] = result;
        }

        return result;
    }

    private ScalarNode ReadScalar(Scalar scalar)
    {
        Advance();
        Charge(scalar, 1);
        if (scalar.Value.Length > ConfigurationLimits.MaxValueLength)
        {
            throw Refuse(scalar, $"The value is longer than {ConfigurationLimits.MaxValueLength} characters", "Shorten it");
        }

        return new ScalarNode(Locate(scalar), scalar.Value, scalar.Style is ScalarStyle.Plain);
    }

    private SequenceNode ReadSequence(int depth)
    {
        var start = Next<SequenceStart>();
        Charge(start, 1);
        var sequence = new SequenceNode(Locate(start));
        while (Peek() is not SequenceEnd)
        {
            sequence.Add(ReadNode(depth + 1));
        }

        Advance();
        return sequence;
    }

    private MappingNode ReadMapping(int depth)
    {
        var start = Next<MappingStart>();
        Charge(start, 1);
        var mapping = new MappingNode(Locate(start));
        while (Peek() is not MappingEnd)
        {
            if (Peek() is not Scalar key)
            {
                throw Refuse(Peek(), "A key must be plain text", "Write the key as one word followed by a colon");
            }

            ReadScalar(key);
            var value = ReadNode(depth + 1);
            if (key.Value == "<<")
            {
                _errors.Add(new ConfigurationError(Locate(key), "Merge keys ('<<') are not supported", "Write the keys out"));
            }
            else if (mapping.Find(key.Value) is { } first)
            {
                _errors.Add(new ConfigurationError(
                    Locate(key),
                    $"The key '{Printable.Text(key.Value)}' is written twice; the first time at {first.KeyLocation}",
                    "Keep one of the two"));
            }
            else
            {
                mapping.Add(new MappingEntry(key.Value, Locate(key), value));
            }
        }

        Advance();
        return mapping;
    }

    private ConfigNode Follow(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var node))
        {
            throw Refuse(alias, $"The alias *{Printable.Text(alias.Value.Value)} has no anchor before it", "Define the anchor first, or write the value out");
        }

        Charge(alias, node.Weight);
        return node;
    }

    private void Charge(ParsingEvent at, long weight)
    {
        _weight += weight;
        if (_weight > ConfigurationLimits.MaxNodes)
        {
            throw Refuse(at, $"The document has more than {ConfigurationLimits.MaxNodes} values, aliases followed", "Split the file, or write fewer aliases");
        }
    }

    private ParsingEvent Peek()
    {
        if (_parser.Current is null)
        {
            Advance();
        }

        return _parser.Current!;
    }

    private T Next<T>()
        where T : ParsingEvent
    {
        if (Peek() is not T expected)
        {
            throw Refuse(Peek(), "The document's structure is broken here", "Check brackets and indentation");
        }

        Advance();
        return expected;
    }

    private void Advance()
    {
        if (!_parser.MoveNext() && _parser.Current is null)
        {
            throw new YamlException("the document ends too early");
        }
    }

    private SourceLocation Locate(ParsingEvent at) => new(_file, (int)Math.Max(1, at.Start.Line), (int)Math.Max(1, at.Start.Column));

    private RefusedDocumentException Refuse(ParsingEvent at, string message, string remedy) =>
        new(new ConfigurationError(Locate(at), message, remedy));
}
