namespace McpTunnel.Protocol.Yamux;

/// <summary>Numbers of the yamux specification, and the bounds we put on a peer.</summary>
public static class YamuxLimits
{
    /// <summary>Bytes every stream may send before the first window update (yamux specification, "Flow Control").</summary>
    public const int InitialWindow = 256 * 1024;

    /// <summary>The largest receive window a stream is grown to, in bytes.</summary>
    public const int MaxWindow = 16 * 1024 * 1024;

    /// <summary>
    /// The largest payload put into one data frame, in bytes: with its header it fills one TLS record (RFC 8446, section 5.1), so
    /// that the next stream in line waits for one record at most.
    /// </summary>
    public const int MaxDataPayload = (16 * 1024) - YamuxHeader.Size;

    /// <summary>Ping answers that may wait for the writer. A peer that sends more without reading is broken or hostile.</summary>
    public const int MaxPendingPongs = 64;

    /// <summary>Resets of refused streams that may wait for the writer.</summary>
    public const int MaxPendingRefusals = 1024;

    /// <summary>Streams the peer may have open at once, unless the options say otherwise.</summary>
    public const int DefaultMaxInboundStreams = 16 * 1024;
}
