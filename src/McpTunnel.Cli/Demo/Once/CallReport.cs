namespace McpTunnel.Cli.Demo.Once;

/// <summary>One call through the whole path.</summary>
/// <param name="ProtocolVersion">The revision it was made in.</param>
/// <param name="Call">The MCP method, and the tool's name where there is one.</param>
/// <param name="Passed">Whether it did what it should.</param>
/// <param name="Result">What came back, or why it failed.</param>
/// <param name="Milliseconds">As the agent waited for it.</param>
/// <param name="Hops">The hops in the order of the request.</param>
internal sealed record CallReport(
    string ProtocolVersion, string Call, bool Passed, string Result, double Milliseconds, IReadOnlyList<HopReport> Hops);
