namespace McpTunnel.Protocol.Control.Messages;

/// <summary>A server that a client serves.</summary>
/// <param name="Name">The first label of its public name, lower case: <c>docs</c> of <c>docs.acme.tunnel.example.com</c>.</param>
public sealed record AnnouncedServer(string Name);
