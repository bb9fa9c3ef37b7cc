namespace McpTunnel.IntegrationTests.Npm;

/// <summary>What the conformance suite found in one check. Two runs agree when they found the same as multisets.</summary>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="Check">The check's id.</param>
/// <param name="Status">SUCCESS, FAILURE, WARNING, SKIPPED or INFO.</param>
/// <param name="Error">Why it failed: a check that fails in both runs must fail for the same reason.</param>
internal sealed record CheckOutcome(string Scenario, string Check, string Status, string Error);
