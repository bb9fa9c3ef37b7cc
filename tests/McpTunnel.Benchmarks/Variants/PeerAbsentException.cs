namespace McpTunnel.Benchmarks.Variants;

/// <summary>A peer cannot be measured here. The message says what is missing and how to get it.</summary>
internal sealed class PeerAbsentException(string message) : Exception(message);
