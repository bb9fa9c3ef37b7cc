namespace McpTunnel.Configuration.Yaml;

/// <summary>Text. Its type is decided by the option that it is bound to, never guessed from its look.</summary>
internal sealed class ScalarNode(SourceLocation location, string value, bool plain) : ConfigNode(location)
{
    public string Value { get; } = value;

    /// <summary>Nothing, <c>~</c> or <c>null</c>, not quoted: the key is there, a value is not.</summary>
    public bool IsNull => plain && Value is ("" or "~" or "null" or "Null" or "NULL");
}
