namespace McpTunnel.Configuration.Yaml;

internal sealed class MappingNode(SourceLocation location) : ConfigNode(location)
{
    private readonly Dictionary<string, MappingEntry> _byKey = new(StringComparer.Ordinal);
    private readonly List<MappingEntry> _entries = [];

    /// <summary>In the order of the document.</summary>
    public IReadOnlyList<MappingEntry> Entries => _entries;

    public MappingEntry? Find(string key) => _byKey.GetValueOrDefault(key);

    public void Add(MappingEntry entry)
    {
        _byKey.Add(entry.Key, entry);
        _entries.Add(entry);
        Weight += entry.Value.Weight;
    }

    public void Set(MappingEntry entry)
    {
        if (_byKey.TryGetValue(entry.Key, out var old))
        {
            _entries[_entries.IndexOf(old)] = entry;
        }
        else
        {
            _entries.Add(entry);
        }

        _byKey[entry.Key] = entry;
    }
}
