namespace McpTunnel.Cli.Demo.Once;

/// <summary>The call without a token.</summary>
/// <param name="Passed">Whether it was refused as it should be.</param>
/// <param name="Status">The status; 401 when all is well.</param>
/// <param name="Challenge">The <c>WWW-Authenticate</c> header.</param>
/// <param name="AuthorizationServers">Where the challenge sends an agent in the end.</param>
/// <param name="Milliseconds">As the agent waited for it, connection included.</param>
internal sealed record RefusalReport(
    bool Passed, int Status, string? Challenge, IReadOnlyList<string> AuthorizationServers, double Milliseconds);
