using McpTunnel.Client.Linking.Care;

namespace McpTunnel.Client.Linking;

/// <summary>Why no link is up, for a person.</summary>
internal static class LinkReasons
{
    /// <summary>Null when one is.</summary>
    public static string? Of(IReadOnlyList<LinkSlotStatus> links)
    {
        if (links.Any(link => link.State == LinkSlotState.Up))
        {
            return null;
        }

        var dialling = links.Where(IsSlow).Select(link => $"dialling {link.Dialling} for {link.AgeSeconds} s").FirstOrDefault();
        var last = links.Where(link => link.LastError is not null).MaxBy(link => link.LastErrorAt);
        var move = links.Where(link => link.LastMove is not null).MaxBy(link => link.LastMoveAt);
        var isPlanned = move is not null && (last is null || last.LastErrorAt < move.LastMoveAt);
        if (links.FirstOrDefault(link => link.State == LinkSlotState.Draining) is { } draining)
        {
            return $"No link to the edge takes new calls: edge node {draining.Node} drains. {draining.DrainReason}{(isPlanned ? "" : $" No other link is up: {last?.LastError}")}";
        }

        return (isPlanned ? move!.LastMove : last?.LastError, dialling) switch
        {
            (null, null) => "No link to the edge is up yet.",
            (null, _) => $"No link to the edge is up yet: {dialling}, without an answer.",
            var (why, _) => $"No link to the edge is up: {why}",
        };
    }

    /// <summary>Whether all that there is to say is that it has just begun.</summary>
    public static bool IsStarting(IReadOnlyList<LinkSlotStatus> links) =>
        links.All(link => link.LastError is null && link.LastMove is null && link.State is LinkSlotState.Idle or LinkSlotState.Connecting or LinkSlotState.Up && !IsSlow(link));

    private static bool IsSlow(LinkSlotStatus link) => link.State == LinkSlotState.Connecting && link.AgeSeconds >= SilenceCare.SecondsOfSilence;
}
