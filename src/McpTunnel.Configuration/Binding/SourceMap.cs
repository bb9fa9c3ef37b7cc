using McpTunnel.Configuration.Yaml;

namespace McpTunnel.Configuration.Binding;

/// <summary>
/// Remembers where each options record was written. Records are told apart by reference, so two equal servers keep their two
/// places, also after lists from several files have been joined.
/// </summary>
internal sealed class SourceMap(SourceLocation root)
{
    private readonly Dictionary<object, ConfigNode> _nodes = new(ReferenceEqualityComparer.Instance);

    private readonly HashSet<object> _faulty = new(ReferenceEqualityComparer.Instance);

    public void Add(object options, ConfigNode node) => _nodes[options] = node;

    public void MarkFaulty(object options) => _faulty.Add(options);

    public bool IsSound(object options) => !_faulty.Contains(options);

    /// <summary>Lets <paramref name="copy"/> stand where <paramref name="original"/> was written.</summary>
    public void Alias(object copy, object original)
    {
        if (_nodes.TryGetValue(original, out var node))
        {
            _nodes[copy] = node;
        }
    }

    /// <summary>Where <paramref name="property"/> of <paramref name="options"/> was written, or the nearest place to it.</summary>
    public SourceLocation Locate(object options, string? property = null, int? item = null)
    {
        if (!_nodes.TryGetValue(options, out var node))
        {
            return root;
        }

        var key = property is null ? null : OptionsSchema.For(options.GetType()).FindProperty(property)?.Key;
        if (key is null || (node as MappingNode)?.Find(key) is not { } entry)
        {
            return node.Location;
        }

        return item is { } index && entry.Value is SequenceNode list && index < list.Items.Count
            ? list.Items[index].Location
            : entry.Value.Location;
    }
}
