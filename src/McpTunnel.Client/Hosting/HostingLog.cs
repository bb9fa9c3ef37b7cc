using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Hosting;

/// <summary>Events 2130 to 2149. An id keeps its meaning for ever; see <c>docs/events.md</c>.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(2130, LogLevel.Information, "Serving {Count} servers: {Urls}.")]
    public static partial void Serving(ILogger logger, int count, string urls);

    [LoggerMessage(2131, LogLevel.Warning, "The certificate for {Host} ({Subject}) does not have that name: agents will refuse it. Issue one with: mcptunnel certs issue")]
    public static partial void WrongName(ILogger logger, string host, string subject);

    [LoggerMessage(2132, LogLevel.Information, "Management listens on {Url}.")]
    public static partial void ManagementListens(ILogger logger, string url);

    [LoggerMessage(2133, LogLevel.Information, "Stopping: no new calls, those in progress get {Seconds:0.#} s.")]
    public static partial void Stopping(ILogger logger, double seconds);

    [LoggerMessage(2134, LogLevel.Warning, "The changed options {Keys} take effect at the next start.")]
    public static partial void NeedsRestart(ILogger logger, string keys);

    [LoggerMessage(2135, LogLevel.Information, "Links go through the proxy {Proxy}.")]
    public static partial void ThroughProxy(ILogger logger, string proxy);

    [LoggerMessage(2138, LogLevel.Information, "Links do not run on QUIC: {Reason} They use the next carrier, which does all that QUIC does.")]
    public static partial void NoQuic(ILogger logger, string reason);
}
