namespace McpTunnel.Client.Linking;

/// <summary>What became of the wish to replace every link that is up.</summary>
/// <param name="Renewed">Links that have a new one in their place.</param>
/// <param name="Stayed">Links that are still the ones before, since no new one came up.</param>
/// <param name="Problem">Why the last of these stayed, for a person; null when none did.</param>
public sealed record LinkRenewal(int Renewed, int Stayed, string? Problem);
