using System.Text.Json.Serialization;

namespace McpTunnel.Protocol.Control.Messages;

/// <summary>Liveness of a link, the same for both sides. On the wire in whole milliseconds.</summary>
/// <param name="PingAfter">Nothing received for so long: ask. 5 s by default.</param>
/// <param name="DeadAfter">Nothing received for so long: the link is dead. 15 s by default; not below <paramref name="PingAfter"/>.</param>
public sealed record Keepalive(
    [property: JsonPropertyName("pingAfterMs")] TimeSpan PingAfter,
    [property: JsonPropertyName("deadAfterMs")] TimeSpan DeadAfter);
