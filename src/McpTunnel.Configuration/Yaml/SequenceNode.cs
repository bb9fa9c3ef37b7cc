namespace McpTunnel.Configuration.Yaml;

internal sealed class SequenceNode(SourceLocation location) : ConfigNode(location)
{
    private readonly List<ConfigNode> _items = [];

    public IReadOnlyList<ConfigNode> Items => _items;

    public void Add(ConfigNode item)
    {
        _items.Add(item);
        Weight += item.Weight;
    }

    public void Set(int index, ConfigNode item)
    {
        if (index == _items.Count)
        {
            _items.Add(item);
        }
        else
        {
            _items[index] = item;
        }
    }
}
