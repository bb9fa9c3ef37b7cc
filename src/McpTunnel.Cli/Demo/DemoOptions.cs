namespace McpTunnel.Cli.Demo;

/// <summary>What a demo was asked for.</summary>
/// <param name="Upstreams">Servers in place of the sample; empty for the sample.</param>
/// <param name="StateDirectory">Where state is kept; null for a new temporary directory that goes with the demo.</param>
/// <param name="Port">The edge's port on loopback; 0 takes a free one.</param>
/// <param name="KeepHops">Whether to keep what each hop writes down, at the price of every hop writing down all it can.</param>
internal sealed record DemoOptions(IReadOnlyList<UpstreamSpec> Upstreams, string? StateDirectory, int Port, bool KeepHops);
