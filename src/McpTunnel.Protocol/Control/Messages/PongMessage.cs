namespace McpTunnel.Protocol.Control.Messages;

/// <summary>Answers a <see cref="PingMessage"/>.</summary>
/// <param name="Id">The ping's id.</param>
public sealed record PongMessage(long Id) : ControlMessage
{
    internal const string TypeName = "pong";

    public override string Type => TypeName;

    internal override string? FindProblem() => Rules.Range("id", Id, 0, ControlLimits.MaxNumber);
}
