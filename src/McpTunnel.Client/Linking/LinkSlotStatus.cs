namespace McpTunnel.Client.Linking;

/// <summary>One of the client's links, as status shows it.</summary>
/// <param name="Index">Which link.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Since">Since when.</param>
/// <param name="LinkId">The edge's name for it, while it is up or drains.</param>
/// <param name="Node">The edge node at the other end.</param>
/// <param name="Carrier">What it runs on, lower case.</param>
/// <param name="Streams">Agent connections on it now.</param>
/// <param name="Leaving">Earlier links of this slot that still finish what is in flight.</param>
/// <param name="RoundTripMilliseconds">The last measured round trip.</param>
/// <param name="LastSeen">When the edge was last heard on it.</param>
/// <param name="BytesReceived">Bytes from agents since it came up.</param>
/// <param name="BytesSent">Bytes to agents since it came up.</param>
/// <param name="Attempts">Dials since the client started.</param>
/// <param name="LastError">Why an attempt failed or a link broke the last time; it stays when a link is up again. What was planned is no error: see <see cref="LastMove"/>.</param>
/// <param name="NextAttempt">When the next attempt is due, while waiting.</param>
public sealed record LinkSlotStatus(
    int Index, LinkSlotState State, DateTimeOffset Since, string? LinkId, string? Node, string? Carrier, int Streams, int Leaving, double? RoundTripMilliseconds,
    DateTimeOffset? LastSeen, long BytesReceived, long BytesSent, long Attempts, string? LastError, DateTimeOffset? NextAttempt)
{
    /// <summary>How long it has been in this state, by the client's clock.</summary>
    public long? AgeSeconds { get; init; }

    /// <summary>How long nothing has been heard from the edge on it; null while it is not up.</summary>
    public long? SilentSeconds { get; init; }

    /// <summary>Agent connections on the earlier links of this slot.</summary>
    public int LeavingStreams { get; init; }

    /// <summary>How long its streams have waited, all together, for the edge to take what servers sent.</summary>
    public double StalledSeconds { get; init; }

    /// <summary>How many wait now.</summary>
    public int StalledStreams { get; init; }

    /// <summary>What is being dialled, address and carrier, while connecting.</summary>
    public string? Dialling { get; init; }

    /// <summary>When <see cref="LastError"/> happened.</summary>
    public DateTimeOffset? LastErrorAt { get; init; }

    /// <summary>How long ago that was.</summary>
    public long? LastErrorAgeSeconds { get; init; }

    /// <summary>Why a link was left in order the last time: its edge node drained or was taken over, or the client had a reason of its own; it stays when a link is up again.</summary>
    public string? LastMove { get; init; }

    /// <summary>When <see cref="LastMove"/> began.</summary>
    public DateTimeOffset? LastMoveAt { get; init; }

    /// <summary>How long ago that was.</summary>
    public long? LastMoveAgeSeconds { get; init; }

    /// <summary>Why the link drains; null in any other state.</summary>
    public string? DrainReason { get; init; }
}
