namespace McpTunnel.Transport;

/// <summary>How a link behaves; the same for every carrier.</summary>
public sealed record LinkOptions
{
    /// <summary>Time for the whole handshake, from the carrier's start to welcome or refusal. 10 s: a few round trips and a registry look-up.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Nothing received for so long: ask. 5 s keeps most middleboxes' idle timers away.</summary>
    public TimeSpan PingAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Nothing received, or one write stuck, for so long: the link is dead. 14 s, so that everything is moved within 15 s.</summary>
    public TimeSpan DeadAfter { get; init; } = TimeSpan.FromSeconds(14);

    /// <summary>A round trip is measured at least so often. 15 s.</summary>
    public TimeSpan MeasureEvery { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a stream that its user left may wait for the peer's end, as TCP waits in FIN-WAIT-2, before it is reset. 30 s.
    /// </summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Streams open at once on one link. 4,096: at 256 KiB of window each, 1 GiB is the most a peer could park.</summary>
    public int MaxStreams { get; init; } = 4096;

    /// <summary>What all links of a client hold together; null for no bound but the windows. A client's end alone looks at it.</summary>
    public BufferBudget? Buffers { get; init; }
}
