namespace McpTunnel.Transport.Tls;

/// <summary>The edge's end of links.</summary>
/// <param name="Node">This node's name, told to clients.</param>
/// <param name="Link">How links behave.</param>
/// <param name="Stopping">Cancelled when the node takes no more links.</param>
public sealed record LinkServerOptions(string Node, LinkOptions Link, CancellationToken Stopping);
