using System.Text.Json.Serialization;

namespace McpTunnel.Protocol.Control.Messages;

/// <summary>Client to edge: open no new streams on this link; those in flight run to their end.</summary>
/// <param name="Code">Why, as the wire name of a code.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record DrainingMessage(
    string Code,
    [property: JsonConverter(typeof(TextConverter))] string Reason = "") : ControlMessage
{
    internal const string TypeName = "draining";

    public override string Type => TypeName;

    internal override string? FindProblem() => Rules.Identifier("code", Code);
}
