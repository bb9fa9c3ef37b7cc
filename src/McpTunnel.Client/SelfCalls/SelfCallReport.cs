namespace McpTunnel.Client.SelfCalls;

/// <summary>The calls of a client to itself through the edge, as status shows them. A snapshot.</summary>
/// <param name="State">What they say.</param>
/// <param name="At">When the last ones ended; null before the first.</param>
/// <param name="Milliseconds">How long the last good one took.</param>
/// <param name="Links">Links that are up and through which one has come.</param>
/// <param name="Problem">What is wrong, for a person; null when nothing is.</param>
/// <param name="Warning">What may be wrong; null when nothing is.</param>
public sealed record SelfCallReport(SelfCallState State, DateTimeOffset? At, double? Milliseconds, int Links, string? Problem, string? Warning);
