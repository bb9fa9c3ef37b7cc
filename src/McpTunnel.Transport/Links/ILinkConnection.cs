namespace McpTunnel.Transport.Links;

/// <summary>
/// What a carrier has to bring for a <see cref="Link"/>: streams, and an end. The client opens the first stream, the control stream; every other
/// one is the edge's. Thread-safe.
/// </summary>
internal interface ILinkConnection
{
    TimeProvider Time { get; }

    /// <summary>Completes, never faults, when the connection is gone and all its streams have been failed.</summary>
    Task<LinkClosure> Closed { get; }

    /// <summary>The link above, for the streams to name; set once, before any stream but the control stream is handed out.</summary>
    ILink? Link { get; set; }

    /// <summary>When bytes were last received, as a timestamp of <see cref="Time"/>.</summary>
    long LastReceived { get; }

    /// <summary>When the write that is now under way began, if the link cannot live without it; 0 while none is.</summary>
    long WriteStarted { get; }

    /// <summary>Whether the other host has acknowledged everything that was sent to it, whatever its process does; false where nobody can tell.</summary>
    bool HostAnswers { get; }

    /// <summary>When the oldest write now under way began, of any stream; 0 while none is.</summary>
    long OldestWrite { get; }

    long BytesReceived { get; }

    long BytesSent { get; }

    LinkStalls Stalls { get; }

    /// <summary>Streams open now, the control stream among them.</summary>
    int StreamCount { get; }

    /// <summary>Opens a stream without a round trip; null when the peer takes no more, or the connection is gone.</summary>
    ILinkStream? TryOpen();

    /// <summary>The next stream that the peer opened; null once the connection is closed.</summary>
    ValueTask<ILinkStream?> AcceptAsync(CancellationToken cancellationToken);

    /// <summary>Resets streams that were disposed while their peer kept its half open, once their time is over.</summary>
    void SweepLingering(TimeSpan limit);

    /// <summary>Ends the connection at once. The first reason given wins.</summary>
    void Abort(LinkClosure closure);

    /// <summary>
    /// Ends the connection after last words, which the peer answers by closing: what it has not read when this side closes may be lost to it. Waits for
    /// <paramref name="patience"/>, or a little longer where the carrier needs it.
    /// </summary>
    Task EndAsync(LinkClosure closure, Func<CancellationToken, ValueTask> sayLastWords, TimeSpan patience);
}
