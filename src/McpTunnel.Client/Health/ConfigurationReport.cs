namespace McpTunnel.Client.Health;

/// <summary>The configuration's part of a status.</summary>
/// <param name="File">The main file.</param>
/// <param name="Fingerprint">SHA-256 over the files in force.</param>
/// <param name="AppliedAt">When they were taken over.</param>
/// <param name="CheckedAt">When they were last looked at.</param>
/// <param name="Reloads">Changes taken over since the start.</param>
/// <param name="Refusals">Changes refused since the start.</param>
/// <param name="Errors">Why the files as they are now are not in force, one line each; empty when they are.</param>
/// <param name="NeedsRestart">Options whose new value takes effect at the next start.</param>
public sealed record ConfigurationReport(
    string File,
    string Fingerprint,
    DateTimeOffset AppliedAt,
    DateTimeOffset CheckedAt,
    long Reloads,
    long Refusals,
    IReadOnlyList<string> Errors,
    IReadOnlyList<string> NeedsRestart);
