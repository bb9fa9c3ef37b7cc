namespace McpTunnel.Protocol.Control.Messages;

/// <summary>Edge to client: the link is registered; streams may come from now on.</summary>
/// <param name="Version">The control version of this link.</param>
/// <param name="Link">The edge's name for the link, <c>lnk_…</c>.</param>
/// <param name="Node">The edge node that holds the other end.</param>
/// <param name="Domain">The tunnel's domain; its servers are one label below.</param>
/// <param name="Keepalive">When silence is answered with a ping, and when with the end of the link.</param>
/// <param name="Limits">What the edge allows on this link.</param>
/// <param name="OtherNodes">Other edge nodes that take links of this tunnel.</param>
public sealed record WelcomeMessage(
    int Version,
    string Link,
    string Node,
    string Domain,
    Keepalive Keepalive,
    LinkLimits Limits,
    IReadOnlyList<OtherNode>? OtherNodes = null) : ControlMessage
{
    internal const string TypeName = "welcome";

    public override string Type => TypeName;

    /// <summary>Other edge nodes that take links of this tunnel.</summary>
    public IReadOnlyList<OtherNode> OtherNodes { get; init; } = OtherNodes ?? [];

    internal override string? FindProblem() =>
        Rules.Range("version", Version, 1, int.MaxValue)
        ?? Rules.Identifier("link", Link)
        ?? Rules.Identifier("node", Node)
        ?? Rules.Host("domain", Domain)
        ?? Rules.Time("keepalive.pingAfterMs", Keepalive.PingAfter, TimeSpan.FromMilliseconds(1))
        ?? Rules.Time("keepalive.deadAfterMs", Keepalive.DeadAfter, Keepalive.PingAfter)
        ?? Rules.Range("limits.streams", Limits.Streams, 1, int.MaxValue)
        ?? Rules.OtherNodes("otherNodes", OtherNodes);
}
