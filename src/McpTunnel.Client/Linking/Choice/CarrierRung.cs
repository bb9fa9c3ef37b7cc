namespace McpTunnel.Client.Linking.Choice;

/// <summary>What is known of one carrier.</summary>
/// <param name="Carrier">Its wire name.</param>
/// <param name="LastWorked">When a link last came up on it; null when none has.</param>
/// <param name="Problem">Why it does not work, as far as known; null when it does or was not tried.</param>
/// <param name="HeldUntil">Until when it is left alone, because its links carried next to nothing; null when it is not.</param>
public sealed record CarrierRung(string Carrier, DateTimeOffset? LastWorked, string? Problem, DateTimeOffset? HeldUntil);
