namespace McpTunnel.Cli.Demo.Once;

/// <summary>What <c>demo --once</c> found out.</summary>
/// <param name="Passed">Whether every call did what it should.</param>
/// <param name="AgentUrl">The server's public URL.</param>
/// <param name="Upstream">Where it really is.</param>
/// <param name="StartedInMilliseconds">From nothing to the first link.</param>
/// <param name="Calls">Calls with a token, in the eras that the server speaks.</param>
/// <param name="NotSpoken">Eras that the server answered but does not speak. Empty with the sample, and where no era worked: then each is a failed call.</param>
/// <param name="Refused">The call without one.</param>
internal sealed record OnceReport(
    bool Passed, string AgentUrl, string Upstream, double StartedInMilliseconds, IReadOnlyList<CallReport> Calls, IReadOnlyList<UnspokenEra> NotSpoken, RefusalReport Refused);
