namespace McpTunnel.Edge.Ingress;

/// <summary>A connection that the other process of this node accepted, and what it knows of it.</summary>
/// <param name="Hello">The ClientHello that it received.</param>
/// <param name="Final">It has no link for it either, and does not take it back.</param>
/// <param name="Formerly">The number of the connection's descriptor in the other process, to be sent back with it.</param>
internal sealed record PassedConnection(byte[] Hello, bool Final, int? Formerly);
