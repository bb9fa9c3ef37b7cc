namespace McpTunnel.Protocol.Yamux;

/// <summary>What a session grants its peer.</summary>
public sealed record YamuxOptions
{
    /// <summary>Streams the peer may have open at once; further ones are reset. 0 refuses all.</summary>
    public int MaxInboundStreams { get; init; } = YamuxLimits.DefaultMaxInboundStreams;
}
