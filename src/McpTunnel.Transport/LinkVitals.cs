namespace McpTunnel.Transport;

/// <summary>How a link carries at one moment, for whoever watches over it. Cheap to read.</summary>
/// <param name="Bytes">Stream payload moved since the link began, both directions together.</param>
/// <param name="Stalled">How long the oldest bytes have been waiting that this end has to send and the carrier does not take; zero when none wait. A peer that does not read makes them wait as well.</param>
/// <param name="Answers">Round trips measured since the link began.</param>
/// <param name="RoundTrip">The last of them; null before the first.</param>
/// <param name="Unanswered">How long the peer has owed an answer to the ping on the way; null while none is.</param>
/// <param name="Silence">How long nothing has been received.</param>
public readonly record struct LinkVitals(long Bytes, TimeSpan Stalled, long Answers, TimeSpan? RoundTrip, TimeSpan? Unanswered, TimeSpan Silence);
