namespace McpTunnel.Registry;

/// <summary>Where the registry is kept.</summary>
public sealed record RegistryOptions
{
    /// <summary>The SQLite file; made with mode 0600 when it is missing.</summary>
    public required string DatabaseFile { get; init; }

    /// <summary>How long one statement waits for another writer; 5 s by default, far above any write of ours.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
