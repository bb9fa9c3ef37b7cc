namespace McpTunnel.Configuration.Yaml;

internal sealed record MappingEntry(string Key, SourceLocation KeyLocation, ConfigNode Value);
