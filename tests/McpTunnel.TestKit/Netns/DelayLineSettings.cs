namespace McpTunnel.TestKit.Netns;

/// <summary>
/// What a <see cref="DelayLine"/> does to the packets of each direction. Applied to packets that enter it from then on: those on their way arrive as they
/// were meant to.
/// </summary>
public sealed record DelayLineSettings
{
    /// <summary>How long a packet travels; half the round trip.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Evenly distributed, up to so much more or less than <see cref="Delay"/>. Order is kept, so a packet never overtakes and waits for the one before it.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>The share of packets that is lost, 0 to 1, each by itself.</summary>
    public double Loss { get; init; }

    /// <summary>The share of what remains that is lost where it is UDP: for a network that treats QUIC badly and TCP well.</summary>
    public double UdpLoss { get; init; }

    /// <summary>Bits a second, IP headers included; null for as fast as this machine can.</summary>
    public long? BitsPerSecond { get; init; }

    /// <summary>Bytes that wait for <see cref="BitsPerSecond"/>; what comes when the queue is full is dropped.</summary>
    public int QueueBytes { get; init; } = 256 * 1024;

    /// <summary>Larger IP packets vanish without a word, as where a router with a smaller MTU is behind a filter that drops ICMP. Null for none.</summary>
    public int? LargestPacket { get; init; }

    /// <summary>Nothing arrives.</summary>
    public bool SwallowEverything { get; init; }

    /// <summary>For what is random: equal seeds lose the same packets of the same sequence. Read once, when the line is made.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>
    /// Whether the fate of each packet counts. Where it does not, many segments cross as one packet of up to 64 KiB, which costs a tenth; where it does,
    /// packets are as they are on a wire.
    /// </summary>
    internal bool PacketByPacket => Loss > 0 || UdpLoss > 0 || BitsPerSecond is not null || LargestPacket is not null;
}
