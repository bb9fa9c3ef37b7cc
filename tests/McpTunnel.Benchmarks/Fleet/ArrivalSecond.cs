namespace McpTunnel.Benchmarks.Fleet;

/// <summary>One second of an <see cref="ArrivalCurve"/>.</summary>
/// <param name="Second">Which, from 1.</param>
/// <param name="Arrived">Links that came up in it.</param>
/// <param name="Up">Links up at its end.</param>
/// <param name="Dials">Attempts begun in it.</param>
/// <param name="EdgeCpu">What the edge used, in cores.</param>
/// <param name="ClientCpu">What all clients used, in cores.</param>
internal sealed record ArrivalSecond(int Second, int Arrived, int Up, long Dials, double EdgeCpu, double ClientCpu);
