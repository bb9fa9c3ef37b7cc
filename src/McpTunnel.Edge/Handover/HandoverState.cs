using McpTunnel.Certificates.Files;

namespace McpTunnel.Edge.Handover;

/// <summary>What of the state directory goes over to a successor.</summary>
/// <param name="SocketPath">Where a successor asks.</param>
/// <param name="Lock">The directory's lock.</param>
internal sealed record HandoverState(string SocketPath, StateLock Lock);
