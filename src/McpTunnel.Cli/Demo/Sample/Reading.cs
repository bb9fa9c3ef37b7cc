namespace McpTunnel.Cli.Demo.Sample;

/// <summary>Structured result of the tool <c>measure</c>.</summary>
internal sealed record Reading(string Sensor, double Value, string Unit, DateTimeOffset At);
