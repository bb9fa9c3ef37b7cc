namespace McpTunnel.Cli.AdminApi;

/// <summary>A live link as the edge shows it.</summary>
internal sealed record LiveLink(
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
    long BytesToClient);
