namespace McpTunnel.Edge.Admin;

/// <param name="LifetimeSeconds">How long the new token is valid; for ever when absent.</param>
/// <param name="OverlapSeconds">How long the current token is still valid beside it; a day when absent, 0 ends it at once.</param>
internal sealed record IssueTokenRequest(long? LifetimeSeconds = null, long? OverlapSeconds = null);
