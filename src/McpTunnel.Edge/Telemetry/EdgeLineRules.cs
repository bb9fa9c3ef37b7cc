using McpTunnel.Transport.Logging;

namespace McpTunnel.Edge.Telemetry;

/// <summary>
/// The events that somebody outside can cause as often as he likes: a client with good credentials that breaks rules again and again, or a stranger. The tunnel of a registered link is
/// proven, so that the registry bounds how many there are; an address or what a hello claims is not.
/// </summary>
internal static class EdgeLineRules
{
    private const string Tunnel = "TunnelId";
    private const string Source = "RemoteAddress";
    private const int KestrelNeverCompleted = 23;
    private const int KestrelQueueExceeded = 60;

    public static IReadOnlyList<LineRule> All { get; } =
    [
        new(3023, "LinkId"),
        new(3024, Source),
        new(3030, Tunnel, Total: null),
        new(3031, Tunnel, Total: null),
        new(3032, Tunnel, Total: null),
        new(3033, Subject: null),
        new(3034, Source),
        new(3050, Source),
        new(3051, Source),
        new(3052, Tunnel, Total: null),
        new(3100, Subject: null),
        new(3101, Source),
        new(3102, Source),
        new(3110, Source),
        new(1012, Source),

        // Kestrel's: an HTTP/2 peer that resets more streams than can be answered, and what becomes of its connection.
        new(KestrelQueueExceeded, Subject: null),
        new(KestrelNeverCompleted, Subject: null),
    ];
}
