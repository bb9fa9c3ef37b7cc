using McpTunnel.Edge.Directory;
using McpTunnel.Transport;

namespace McpTunnel.Edge.Ingress;

/// <summary>A stream whose preamble and ClientHello are on their way, and the set of links it counts in.</summary>
internal sealed record TunnelStream(ILinkStream Stream, LinkSet Links);
