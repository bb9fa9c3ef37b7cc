using Microsoft.Extensions.Logging;

namespace McpTunnel.Configuration.Watching;

internal static partial class ConfigurationLog
{
    [LoggerMessage(6000, LogLevel.Information, "Configuration {File} is in force (fingerprint {Fingerprint}, {FileCount} files)")]
    public static partial void Applied(ILogger logger, string file, string fingerprint, int fileCount);

    [LoggerMessage(6001, LogLevel.Error, "Changed configuration {File} was refused, the last good one stays: {ErrorCount} errors, the first: {Error}")]
    public static partial void Refused(ILogger logger, string file, int errorCount, string error);

    [LoggerMessage(6002, LogLevel.Error, "Configuration {File} could not be checked for changes; it is checked again later")]
    public static partial void CheckFailed(ILogger logger, string file, Exception exception);

    [LoggerMessage(6003, LogLevel.Information, "Configuration {File} is again as it is in force")]
    public static partial void Restored(ILogger logger, string file);
}
