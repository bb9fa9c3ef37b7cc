namespace McpTunnel.Protocol.Control.Messages;

/// <summary>Another edge node that takes links of the same tunnel.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Authority">Where it takes links: host, and <c>:port</c> where that is not 443.</param>
public sealed record OtherNode(string Node, string Authority);
