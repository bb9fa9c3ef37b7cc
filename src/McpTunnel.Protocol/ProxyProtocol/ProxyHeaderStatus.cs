namespace McpTunnel.Protocol.ProxyProtocol;

/// <summary>
/// What the first bytes of a stream are. All but the first two mean that the stream is reset with <see cref="Codes.TunnelCode.ProxyHeaderMalformed"/>.
/// </summary>
public enum ProxyHeaderStatus
{
    /// <summary>A valid beginning; more bytes are needed.</summary>
    NeedMore,

    /// <summary>A whole header.</summary>
    Complete,

    /// <summary>The signature is missing.</summary>
    NotProxyProtocol,

    /// <summary>Not version 2, or a command, family or transport that an edge never sends.</summary>
    Unsupported,

    /// <summary>Longer than <see cref="ProxyHeaderReader.MaxLength"/>.</summary>
    TooLong,

    /// <summary>Lengths that do not add up, a field given twice, or one with a value that it cannot have.</summary>
    Malformed,

    /// <summary>PP2_TYPE_CRC32C is there and wrong.</summary>
    ChecksumMismatch,
}
