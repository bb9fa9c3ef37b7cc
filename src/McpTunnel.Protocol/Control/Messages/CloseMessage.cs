using System.Text.Json.Serialization;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Protocol.Control.Messages;

/// <summary>The last message of the side that ends the link: why. Either side may send it.</summary>
/// <param name="Code">Why, as the wire name of a code; perhaps one that this version does not know.</param>
/// <param name="Detail">What happened and what to do, for people.</param>
public sealed record CloseMessage(
    string Code,
    [property: JsonConverter(typeof(TextConverter))] string Detail = "") : ControlMessage
{
    internal const string TypeName = "close";

    public override string Type => TypeName;

    /// <summary>A close with the code's wire name.</summary>
    public static CloseMessage For(TunnelCode code, string detail) => new(code.WireName(), detail);

    internal override string? FindProblem() => Rules.Identifier("code", Code);
}
