namespace McpTunnel.Cli.Demo.Agents;

/// <summary>One HTTP exchange of the agent.</summary>
/// <param name="Request">Method and path.</param>
/// <param name="McpMethod">The MCP method in it, where there is one.</param>
/// <param name="Status">The status of the answer.</param>
/// <param name="Elapsed">From sending until the headers of the answer.</param>
internal sealed record AgentExchange(string Request, string? McpMethod, int Status, TimeSpan Elapsed);
