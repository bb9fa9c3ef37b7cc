namespace McpTunnel.Configuration.Watching;

/// <summary>What a person asking "is my change live?" needs to know. A snapshot.</summary>
/// <param name="Fingerprint">SHA-256 over the files that are in force.</param>
/// <param name="AppliedAt">When the configuration in force was taken over.</param>
/// <param name="CheckedAt">When the files were last looked at.</param>
/// <param name="Reloads">Changes taken over since the start.</param>
/// <param name="Refusals">Changes refused since the start.</param>
/// <param name="Errors">Why the files as they are now are not in force; empty when they are.</param>
/// <param name="Files">The files in force, the main one first.</param>
public sealed record ConfigurationStatus(
    string Fingerprint,
    DateTimeOffset AppliedAt,
    DateTimeOffset CheckedAt,
    long Reloads,
    long Refusals,
    IReadOnlyList<ConfigurationError> Errors,
    IReadOnlyList<string> Files)
{
    /// <summary>Whether what is in force is what the files say.</summary>
    public bool IsCurrent => Errors.Count == 0;
}
