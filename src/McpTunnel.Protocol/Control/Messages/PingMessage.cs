namespace McpTunnel.Protocol.Control.Messages;

/// <summary>Asks for a <see cref="PongMessage"/> with the same id, at once. Either side may ask.</summary>
/// <param name="Id">Any number from 0 to <see cref="ControlLimits.MaxNumber"/>.</param>
public sealed record PingMessage(long Id) : ControlMessage
{
    internal const string TypeName = "ping";

    public override string Type => TypeName;

    internal override string? FindProblem() => Rules.Range("id", Id, 0, ControlLimits.MaxNumber);
}
