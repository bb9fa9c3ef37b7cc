namespace McpTunnel.Configuration.Yaml;

/// <summary>Ends the reading of a document at its first structural fault; never leaves <see cref="YamlDocumentReader"/>.</summary>
internal sealed class RefusedDocumentException(ConfigurationError error) : Exception
{
    public ConfigurationError Error { get; } = error;
}
