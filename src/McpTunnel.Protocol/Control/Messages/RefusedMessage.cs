using System.Text.Json.Serialization;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Protocol.Control.Messages;

/// <summary>Edge to client, in place of a welcome: there will be no link.</summary>
/// <param name="Code">Why, as the wire name of a code; perhaps one that this version does not know.</param>
/// <param name="Retryable">Whether the same hello may be accepted later. If not, the client stops for good.</param>
/// <param name="RetryAfter">Not before so much time, on the wire in whole milliseconds; null when the client's own back-off decides.</param>
/// <param name="Detail">What happened and what to do, for people.</param>
public sealed record RefusedMessage(
    string Code,
    bool Retryable,
    [property: JsonPropertyName("retryAfterMs")] TimeSpan? RetryAfter = null,
    [property: JsonConverter(typeof(TextConverter))] string Detail = "") : ControlMessage
{
    internal const string TypeName = "refused";

    public override string Type => TypeName;

    /// <summary>A refusal with the code's own meaning.</summary>
    public static RefusedMessage For(TunnelCode code, string detail, TimeSpan? retryAfter = null) =>
        new(code.WireName(), code.Info().Retryable, retryAfter, detail);

    internal override string? FindProblem() =>
        Rules.Identifier("code", Code) ?? Rules.Time("retryAfterMs", RetryAfter ?? TimeSpan.Zero, TimeSpan.Zero);
}
