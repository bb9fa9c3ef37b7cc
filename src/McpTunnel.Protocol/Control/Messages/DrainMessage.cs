using System.Text.Json.Serialization;

namespace McpTunnel.Protocol.Control.Messages;

/// <summary>
/// Edge to client: this node is leaving. Bring a replacement up elsewhere, then expect no new streams here; those in flight run to their end.
/// </summary>
/// <param name="Code">Why, as the wire name of a code.</param>
/// <param name="ReconnectAfter">When to begin, so that a node's clients do not all come at once. On the wire in whole milliseconds.</param>
/// <param name="TryFor">How long the old link still lives while the client tries. On the wire in whole milliseconds.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record DrainMessage(
    string Code,
    [property: JsonPropertyName("reconnectAfterMs")] TimeSpan ReconnectAfter,
    [property: JsonPropertyName("tryForMs")] TimeSpan TryFor,
    [property: JsonConverter(typeof(TextConverter))] string Reason = "") : ControlMessage
{
    internal const string TypeName = "drain";

    public override string Type => TypeName;

    internal override string? FindProblem() =>
        Rules.Identifier("code", Code)
        ?? Rules.Time("reconnectAfterMs", ReconnectAfter, TimeSpan.Zero)
        ?? Rules.Time("tryForMs", TryFor, TimeSpan.Zero);
}
