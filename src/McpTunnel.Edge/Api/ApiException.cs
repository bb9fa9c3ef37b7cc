using McpTunnel.Protocol.Codes;

namespace McpTunnel.Edge.Api;

/// <summary>Ends an API call with a problem document. The message is its detail.</summary>
internal sealed class ApiException(TunnelCode code, string detail, TimeSpan? retryAfter = null, int? status = null) : Exception(detail)
{
    public TunnelCode Code { get; } = code;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    public int Status { get; } = status ?? code.Info().HttpStatus;
}
