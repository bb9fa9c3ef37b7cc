using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>Events 2120 to 2129. An id keeps its meaning for ever; see <c>docs/events.md</c>.</summary>
internal static partial class IssuerLog
{
    [LoggerMessage(2120, LogLevel.Information, "Fetched {KeyCount} signing keys of {Issuer}.")]
    public static partial void Fetched(ILogger logger, string issuer, int keyCount);

    [LoggerMessage(2121, LogLevel.Warning, "The signing keys of {Issuer} cannot be fetched: {Reason}. Tokens are refused once no usable keys are left.")]
    public static partial void FetchFailed(ILogger logger, string issuer, string reason);
}
