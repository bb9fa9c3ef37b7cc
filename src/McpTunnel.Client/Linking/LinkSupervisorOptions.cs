namespace McpTunnel.Client.Linking;

/// <summary>How many links a client keeps, and how it brings them back.</summary>
public sealed record LinkSupervisorOptions
{
    /// <summary>
    /// Links kept up at once, 1 to 32: each needs a second index towards the edge, under which its successor comes up. 4: one slow path or lost connection leaves three.
    /// </summary>
    public int Links { get; init; } = 4;

    /// <summary>Time between the first link's registration and the next link's start, and so on. 1 s.</summary>
    public TimeSpan Spacing { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Calls in flight on a link that is left for a better one get so long. 10 min: long enough for calls; an event stream that is cut then resumes.
    /// </summary>
    public TimeSpan MoveGrace { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often a link that is being left is looked at. 250 ms; it stays for four of these at least, since a stream may be on its way.</summary>
    public TimeSpan LeaveStep { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often carrier, goodput and spread are looked at. 1 s.</summary>
    public TimeSpan CareStep { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether links crowd at some of the edge's addresses while others have room.</summary>
    public Func<bool> IsUneven { get; init; } = static () => false;

    /// <summary>While links crowd, one moves each <see cref="Spacing"/>; after a move that failed, the next one is after so long. 5 s.</summary>
    public TimeSpan SpreadRetry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After a move that failed, no other one of its kind for so long. 30 s.</summary>
    public TimeSpan MoveRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The first ceiling of the random wait before another attempt. 1 s.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The highest ceiling. 60 s: an edge that is back is found within a minute.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A link that lived so long starts the waits over. 1 min.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromMinutes(1);
}
