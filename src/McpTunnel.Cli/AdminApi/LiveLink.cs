namespace McpTunnel.Cli.AdminApi;

/// <summary>A live link as the edge shows it. The last four are null from an edge of an earlier version.</summary>
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
    long BytesToClient,
    long? AgeSeconds = null,
    long? SilentSeconds = null,
    double? StalledSeconds = null,
    int? StalledStreams = null);
