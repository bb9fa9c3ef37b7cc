using McpTunnel.Configuration.Binding;

namespace McpTunnel.Configuration.Loading;

/// <summary>Takes a validator's errors and knows where each option was written.</summary>
public sealed class ValidationContext
{
    private readonly SourceMap _sources;
    private readonly ICollection<ConfigurationError> _errors;

    internal ValidationContext(SourceMap sources, ICollection<ConfigurationError> errors)
    {
        _sources = sources;
        _errors = errors;
    }

    /// <summary>Where an option was written.</summary>
    /// <param name="options">The record that holds it.</param>
    /// <param name="property">The C# name of the property; null for the record as a whole.</param>
    /// <param name="item">The number of the item in a list.</param>
    public SourceLocation Locate(object options, string? property = null, int? item = null) => _sources.Locate(options, property, item);

    /// <summary>Whether every value of the record could be read. Where not, conditions between them say nothing new.</summary>
    public bool IsSound(object options) => _sources.IsSound(options);

    /// <summary>Adds an error at an option; message and remedy are sentences without their full stops.</summary>
    public void Error(object options, string? property, string message, string remedy, int? item = null) =>
        _errors.Add(new ConfigurationError(Locate(options, property, item), message, remedy));
}
