namespace McpTunnel.Benchmarks.Fleet;

/// <summary>How the links of a fleet came up.</summary>
/// <param name="Seconds">Second by second, until the last one is up.</param>
/// <param name="Half">When half of them were up.</param>
/// <param name="All">When the last one was up.</param>
/// <param name="Dials">Attempts in all.</param>
/// <param name="Refused">Links that were refused for good.</param>
internal sealed record ArrivalCurve(IReadOnlyList<ArrivalSecond> Seconds, TimeSpan Half, TimeSpan All, long Dials, int Refused);
