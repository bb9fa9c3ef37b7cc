namespace McpTunnel.Configuration.Yaml;

/// <summary>A value of a document together with the place where it was written.</summary>
internal abstract class ConfigNode(SourceLocation location)
{
    public SourceLocation Location { get; } = location;

    /// <summary>Nodes below and including this one with aliases followed: what visiting it costs.</summary>
    public long Weight { get; protected set; } = 1;
}
