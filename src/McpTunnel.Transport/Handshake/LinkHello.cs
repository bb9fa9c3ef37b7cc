using McpTunnel.Protocol.Control;

namespace McpTunnel.Transport.Handshake;

/// <summary>What a client says of itself when it asks for a link. Printing one never shows the token.</summary>
public sealed record LinkHello(
    string TunnelId, Secret Token, string Instance, int LinkIndex, long Generation, string Software, IReadOnlyList<string> Servers);
