namespace McpTunnel.Configuration.Loading;

/// <summary>What came of reading a configuration.</summary>
/// <param name="Value">The options; null when there is any error.</param>
/// <param name="Errors">Every error, in the order of the files and lines.</param>
/// <param name="Files">Every file that was read, the main one first.</param>
/// <param name="Fingerprint">SHA-256 over names and contents of all files, in hexadecimal: equal contents, equal text.</param>
public sealed record ConfigurationResult<T>(T? Value, IReadOnlyList<ConfigurationError> Errors, IReadOnlyList<string> Files, string Fingerprint)
    where T : class
{
    /// <summary>The options, or all errors in one exception.</summary>
    /// <exception cref="ConfigurationException">There are errors.</exception>
    public T Require() => Value ?? throw new ConfigurationException(Errors);
}
