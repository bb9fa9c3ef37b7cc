using System.Text.Json.Serialization;

namespace McpTunnel.Protocol.Control.Messages;

/// <summary>Client to edge, the first message: who asks for a link, and the proof.</summary>
/// <param name="Version">The highest control version the client speaks.</param>
/// <param name="Tunnel">The tunnel's id, <c>tnl_…</c>.</param>
/// <param name="Token">The tunnel token.</param>
/// <param name="Instance">The client process, chosen at its start.</param>
/// <param name="LinkIndex">Which of the instance's links this is, 0 to <see cref="ControlLimits.MaxLinkIndex"/>.</param>
/// <param name="Generation">Rises with each attempt for the same (tunnel, instance, index); the highest replaces the others.</param>
/// <param name="Carrier">What the link runs on: <c>tls</c>.</param>
/// <param name="Software">Name and version of the client, for people.</param>
/// <param name="Servers">The servers this client serves now.</param>
/// <param name="MinVersion">The lowest control version the client speaks.</param>
public sealed record HelloMessage(
    int Version,
    string Tunnel,
    Secret Token,
    string Instance,
    int LinkIndex,
    long Generation,
    string Carrier,
    [property: JsonConverter(typeof(TextConverter))] string Software = "",
    IReadOnlyList<AnnouncedServer>? Servers = null,
    int MinVersion = ControlVersion.Lowest) : ControlMessage
{
    internal const string TypeName = "hello";

    public override string Type => TypeName;

    /// <summary>The servers this client serves now.</summary>
    public IReadOnlyList<AnnouncedServer> Servers { get; init; } = Servers ?? [];

    internal override string? FindProblem() =>
        Rules.Range("version", Version, 1, int.MaxValue)
        ?? Rules.Range("minVersion", MinVersion, 1, Version)
        ?? Rules.Identifier("tunnel", Tunnel)
        ?? Rules.Token("token", Token)
        ?? Rules.Identifier("instance", Instance)
        ?? Rules.Range("linkIndex", LinkIndex, 0, ControlLimits.MaxLinkIndex)
        ?? Rules.Range("generation", Generation, 0, ControlLimits.MaxNumber)
        ?? Rules.Identifier("carrier", Carrier)
        ?? Rules.Servers("servers", Servers);
}
