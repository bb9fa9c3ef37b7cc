using Microsoft.Extensions.Logging;

namespace McpTunnel.Registry;

/// <summary>Events 4000 to 4999, listed in docs/events.md.</summary>
internal static partial class RegistryLog
{
    [LoggerMessage(4000, LogLevel.Information, "Brought the registry's tables up to date with {Count} migrations, the last {Migration}.")]
    public static partial void Migrated(this ILogger logger, int count, string migration);
}
