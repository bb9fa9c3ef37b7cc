namespace McpTunnel.Cli.Demo.Once;

/// <summary>What <c>demo --once</c> found out.</summary>
/// <param name="Passed">Whether every call did what it should.</param>
/// <param name="AgentUrl">The server's public URL.</param>
/// <param name="Upstream">Where it really is.</param>
/// <param name="StartedInMilliseconds">From nothing to the first link.</param>
/// <param name="Calls">Calls with a token.</param>
/// <param name="Refused">The call without one.</param>
internal sealed record OnceReport(
    bool Passed, string AgentUrl, string Upstream, double StartedInMilliseconds, IReadOnlyList<CallReport> Calls, RefusalReport Refused);
