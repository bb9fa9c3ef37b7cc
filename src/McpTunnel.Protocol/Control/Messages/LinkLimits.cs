namespace McpTunnel.Protocol.Control.Messages;

/// <summary>What the edge allows on a link.</summary>
/// <param name="Streams">The most streams it will have open at once.</param>
public sealed record LinkLimits(int Streams);
