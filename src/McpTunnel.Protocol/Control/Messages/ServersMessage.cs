namespace McpTunnel.Protocol.Control.Messages;

/// <summary>Client to edge: the whole new list of servers, in place of the one before.</summary>
public sealed record ServersMessage(IReadOnlyList<AnnouncedServer> Servers) : ControlMessage
{
    internal const string TypeName = "servers";

    public override string Type => TypeName;

    internal override string? FindProblem() => Rules.Servers("servers", Servers);
}
