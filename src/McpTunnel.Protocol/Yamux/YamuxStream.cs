namespace McpTunnel.Protocol.Yamux;

/// <summary>The protocol's state of one stream. Owned by its <see cref="YamuxSession"/> and guarded as that is.</summary>
public sealed class YamuxStream
{
    internal YamuxStream(uint id, bool openedHere)
    {
        Id = id;
        OpenedHere = openedHere;
        SynPending = openedHere;
        AckPending = !openedHere;
    }

    public uint Id { get; }

    /// <summary>Whether this side opened the stream.</summary>
    public bool OpenedHere { get; }

    /// <summary>Bytes this side may still send.</summary>
    public long SendCredit { get; internal set; } = YamuxLimits.InitialWindow;

    /// <summary>Bytes announced by the handler and not yet framed.</summary>
    public long Pending { get; internal set; }

    /// <summary>The window granted to the peer, in bytes; it only grows.</summary>
    public int ReceiveWindow { get; internal set; } = YamuxLimits.InitialWindow;

    /// <summary>Whether the peer has sent FIN.</summary>
    public bool PeerFinished { get; internal set; }

    /// <summary>Whether the session has forgotten the stream.</summary>
    public bool Removed { get; internal set; }

    /// <summary>The buffers behind the stream.</summary>
    public IYamuxStreamHandler Handler { get; internal set; } = null!;

    /// <summary>Bytes the peer may still send.</summary>
    internal long ReceiveCredit { get; set; } = YamuxLimits.InitialWindow;

    /// <summary>Consumed (or grown) bytes not yet given back as a window update.</summary>
    internal long Unreturned { get; set; }

    internal bool SynPending { get; set; }

    internal bool AckPending { get; set; }

    internal bool FinPending { get; set; }

    internal bool FinSent { get; set; }

    /// <summary>Whether the stream stands in the writer's line.</summary>
    internal bool Queued { get; set; }

    /// <summary>Whether the handler was told so.</summary>
    internal bool Starved { get; set; }

    internal bool Sendable => (Pending > 0 && SendCredit > 0) || (FinPending && Pending == 0);
}
