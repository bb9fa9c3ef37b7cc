namespace McpTunnel.Edge.Links;

/// <summary>A live link as the admin API shows it.</summary>
/// <param name="Id">The link's id, <c>lnk_…</c>.</param>
/// <param name="Tunnel">The tunnel's id.</param>
/// <param name="Domain">The domain that the tunnel serves.</param>
/// <param name="Node">The edge node that holds it.</param>
/// <param name="Instance">The client process.</param>
/// <param name="Index">Which of the process's links it is, from 0.</param>
/// <param name="Generation">How many times the process has brought it up.</param>
/// <param name="State"><c>active</c> or <c>draining</c>.</param>
/// <param name="Carrier">What it runs on.</param>
/// <param name="RemoteAddress">Where the client dialled from, as the edge sees it.</param>
/// <param name="Software">The client's name and version, as it says itself.</param>
/// <param name="Servers">The servers that the client announced.</param>
/// <param name="Since">When it was registered.</param>
/// <param name="LastSeen">When the client was last heard.</param>
/// <param name="RoundTripMilliseconds">The last measured round trip; absent before the first.</param>
/// <param name="Streams">Agent connections open on it.</param>
/// <param name="BytesFromClient">Payload received since it began.</param>
/// <param name="BytesToClient">Payload sent since it began.</param>
/// <param name="AgeSeconds">How long it has been registered, by this node's clock.</param>
/// <param name="SilentSeconds">How long nothing has been heard on it.</param>
/// <param name="StalledSeconds">How long its streams have waited, all together, for the client to take what agents sent.</param>
/// <param name="StalledStreams">How many wait now.</param>
internal sealed record LinkView(
    string Id,
    string Tunnel,
    string Domain,
    string Node,
    string Instance,
    int Index,
    long Generation,
    string State,
    string Carrier,
    string RemoteAddress,
    string Software,
    IReadOnlyList<string> Servers,
    DateTimeOffset Since,
    DateTimeOffset LastSeen,
    double? RoundTripMilliseconds,
    int Streams,
    long BytesFromClient,
    long BytesToClient,
    long AgeSeconds,
    long SilentSeconds,
    double StalledSeconds,
    int StalledStreams);
