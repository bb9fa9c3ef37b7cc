namespace McpTunnel.Protocol.Yamux;

/// <summary>How a peer broke the protocol. Anything but <see cref="None"/> ends the session.</summary>
public enum YamuxViolation
{
    None = 0,

    /// <summary>The version byte is not 0.</summary>
    UnknownVersion,

    /// <summary>The type byte is above 3.</summary>
    UnknownType,

    /// <summary>A bit outside SYN, ACK, FIN, RST is set, or the flags make no sense together.</summary>
    BadFlags,

    /// <summary>Data or a window update for stream 0, or a ping or GOAWAY for another.</summary>
    BadStreamId,

    /// <summary>A stream was opened with an id of our parity.</summary>
    WrongParity,

    /// <summary>A stream was opened with the id of a live one.</summary>
    DuplicateStream,

    /// <summary>A frame for a stream of ours that was never opened.</summary>
    NeverOpened,

    /// <summary>More data than the window allowed.</summary>
    WindowOverrun,

    /// <summary>A window larger than 32 bits can say.</summary>
    WindowOverflow,

    /// <summary>Data after FIN.</summary>
    DataAfterFin,

    /// <summary>More pings than answers could be sent.</summary>
    PingFlood,

    /// <summary>More refused streams than resets could be sent.</summary>
    StreamFlood,
}
