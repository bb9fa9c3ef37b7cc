namespace McpTunnel.Client.Linking.Choice;

/// <summary>The choice of a carrier, for people and machines. A snapshot.</summary>
/// <param name="Current">The carrier that new links try first, by its wire name.</param>
/// <param name="Reason">Why this one.</param>
/// <param name="Since">Since when.</param>
/// <param name="NextProbe">When a better one is tried next; null while the best is in use.</param>
/// <param name="Rungs">All of them, best first.</param>
public sealed record CarrierReport(string Current, string Reason, DateTimeOffset Since, DateTimeOffset? NextProbe, IReadOnlyList<CarrierRung> Rungs);
