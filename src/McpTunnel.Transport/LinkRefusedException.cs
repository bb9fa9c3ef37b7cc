using McpTunnel.Protocol.Codes;

namespace McpTunnel.Transport;

/// <summary>The edge refused a link.</summary>
/// <param name="codeName">The code's wire name; perhaps one that this version does not know.</param>
/// <param name="retryable">Whether the same request may succeed later without anybody changing anything.</param>
/// <param name="retryAfter">Not before so much time; null when the client's own back-off decides.</param>
/// <param name="detail">For a person.</param>
public sealed class LinkRefusedException(string codeName, bool retryable, TimeSpan? retryAfter, string detail)
    : IOException($"The edge refused the link ({codeName}): {detail}")
{
    public string CodeName { get; } = codeName;

    /// <summary>The code, when this version knows it.</summary>
    public TunnelCode? Code { get; } = TunnelCodes.TryParse(codeName, out var info) ? info.Code : null;

    public bool Retryable { get; } = retryable;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>Whether the node does not know what was shown to it. Another node of the edge may: registries that are copies of each other are not changed at the same moment.</summary>
    public bool IsUnknownThere => Code is TunnelCode.UnknownTunnel or TunnelCode.TokenInvalid or TunnelCode.CertificateInvalid;

    public string Detail { get; } = detail;
}
