namespace McpTunnel.Configuration;

/// <summary>A configuration was refused. <see cref="Exception.Message"/> has one line per error, fit to be shown as it is.</summary>
public sealed class ConfigurationException(IReadOnlyList<ConfigurationError> errors)
    : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>Every error that was found, at least one.</summary>
    public IReadOnlyList<ConfigurationError> Errors { get; } = errors;
}
