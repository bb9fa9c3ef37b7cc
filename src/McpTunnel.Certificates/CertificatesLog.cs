using Microsoft.Extensions.Logging;

namespace McpTunnel.Certificates;

/// <summary>Events 5000 to 5999, listed in docs/events.md.</summary>
internal static partial class CertificatesLog
{
    [LoggerMessage(5000, LogLevel.Information, "Serving the certificate in {File}: {Subject}, SHA-256 {Fingerprint}, valid until {NotAfter:u}.")]
    public static partial void Loaded(this ILogger logger, string file, string subject, string fingerprint, DateTimeOffset notAfter);

    [LoggerMessage(5001, LogLevel.Warning, "The certificate in {File} is not taken ({Fault}): {Problem} The one before is still served, until {NotAfter:u}.")]
    public static partial void Kept(this ILogger logger, string file, CertificateFault fault, string problem, DateTimeOffset notAfter);

    [LoggerMessage(5002, LogLevel.Error, "Looking at the certificate in {File} failed for a reason of our own; the next look follows.")]
    public static partial void LookFailed(this ILogger logger, Exception exception, string file);
}
