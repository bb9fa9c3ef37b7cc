namespace McpTunnel.Cli.Demo.Sample;

/// <summary>Structured result of the tool <c>add</c>.</summary>
internal sealed record Sum(double A, double B, double Result);
