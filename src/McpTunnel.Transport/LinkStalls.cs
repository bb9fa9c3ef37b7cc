namespace McpTunnel.Transport;

/// <summary>
/// How much a link's streams have waited for their peer: they had bytes to send, and the other end took none of that stream. Over QUIC, whose library says less, a write that
/// waits for 10 ms and more counts, so that waiting for the network is among it.
/// </summary>
/// <param name="Time">The sum over all streams since the link began, those that wait now included.</param>
/// <param name="Streams">How many wait now.</param>
public readonly record struct LinkStalls(TimeSpan Time, int Streams);
