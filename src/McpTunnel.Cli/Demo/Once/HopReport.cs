namespace McpTunnel.Cli.Demo.Once;

/// <summary>One hop's part in a call.</summary>
/// <param name="Hop">agent, edge, client or upstream.</param>
/// <param name="Did">What it did.</param>
/// <param name="Milliseconds">Its own share of the time; null where it cannot be told.</param>
/// <param name="Saw">What it could see.</param>
internal sealed record HopReport(string Hop, string Did, double? Milliseconds, string Saw);
