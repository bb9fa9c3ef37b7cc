namespace McpTunnel.TestKit.Netns;

/// <summary>What became of the packets of one direction of a <see cref="DelayLine"/> so far.</summary>
/// <param name="Arrived">Handed over at the far end.</param>
/// <param name="ArrivedBytes">Their bytes, IP headers included.</param>
/// <param name="Lost">By chance.</param>
/// <param name="TooLarge">By <see cref="DelayLineSettings.LargestPacket"/>.</param>
/// <param name="Overflowed">For want of room in the queue.</param>
/// <param name="Swallowed">By <see cref="DelayLineSettings.SwallowEverything"/>.</param>
/// <param name="NotTaken">By the far end's kernel: its interface is down, or memory is short.</param>
public readonly record struct DelayLineCounts(long Arrived, long ArrivedBytes, long Lost, long TooLarge, long Overflowed, long Swallowed, long NotTaken);
