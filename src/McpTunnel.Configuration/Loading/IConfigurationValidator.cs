namespace McpTunnel.Configuration.Loading;

/// <summary>
/// Conditions between several options. Runs also when single values were refused, so that all errors come at once: a
/// required option may then be null.
/// </summary>
public interface IConfigurationValidator<in T>
    where T : class
{
    /// <summary>Adds what is wrong to <paramref name="context"/>. Must not throw.</summary>
    void Validate(T options, ValidationContext context);
}
