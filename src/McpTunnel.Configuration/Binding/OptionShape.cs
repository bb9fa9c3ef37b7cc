namespace McpTunnel.Configuration.Binding;

/// <summary>What stands behind a key.</summary>
public enum OptionShape
{
    /// <summary>One value.</summary>
    Value,

    /// <summary>A list of values.</summary>
    ValueList,

    /// <summary>Further keys.</summary>
    Section,

    /// <summary>A list of sections.</summary>
    SectionList,
}
