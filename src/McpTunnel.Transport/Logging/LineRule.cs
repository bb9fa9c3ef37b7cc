namespace McpTunnel.Transport.Logging;

/// <summary>How many lines of an event the log takes in a <see cref="LineBudget.Window"/>.</summary>
/// <param name="EventId">The event.</param>
/// <param name="Subject">
/// The structured value of the line that names who caused it; each of them has <see cref="LineBudget.PerSubject"/> lines. Null when all share these, since nothing names them.
/// </param>
/// <param name="Total">
/// Lines for all subjects together. Null only where a subject cannot be made up, such as the tunnel of a link that is registered: there the registry bounds them.
/// </param>
public sealed record LineRule(int EventId, string? Subject, int? Total = LineBudget.PerEvent);
