namespace McpTunnel.Benchmarks.Load;

/// <summary>One measured window, as the harness asks the load generator for it.</summary>
/// <param name="Target">Where the agents connect.</param>
/// <param name="Connections">Agent connections, all open before the warm-up.</param>
/// <param name="WarmUpSeconds">Load before the window; not counted.</param>
/// <param name="WarmUpCalls">The warm-up also lasts until so many calls are done, within a bound.</param>
/// <param name="Seconds">Length of the window.</param>
/// <param name="Processes">Process ids whose CPU time and memory are read at the window's start and end.</param>
internal sealed record LoadRequest(
    LoadMode Mode, AgentTarget Target, int Connections, double WarmUpSeconds, long WarmUpCalls, double Seconds, IReadOnlyList<int> Processes);
