using McpTunnel.Edge.Directory;
using McpTunnel.Transport;

namespace McpTunnel.Edge.Ingress;

/// <summary>A stream whose preamble and ClientHello are on their way.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Links">The set of links it counts in.</param>
/// <param name="Opened">When the ClientHello was whole, as a timestamp.</param>
internal sealed record TunnelStream(ILinkStream Stream, LinkSet Links, long Opened);
