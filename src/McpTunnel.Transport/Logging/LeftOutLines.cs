namespace McpTunnel.Transport.Logging;

/// <summary>Lines that were not written.</summary>
/// <param name="EventId">The event.</param>
/// <param name="Subject">Who caused them; empty for all those without a count of their own.</param>
/// <param name="Count">How many.</param>
internal sealed record LeftOutLines(int EventId, string Subject, long Count);
