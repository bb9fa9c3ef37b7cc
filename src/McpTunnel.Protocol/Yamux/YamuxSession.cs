namespace McpTunnel.Protocol.Yamux;

/// <summary>
/// One side of a yamux session (version 0 of the public specification) as a pure state machine: bytes in through <see cref="Receive"/>,
/// bytes out through <see cref="Transmit"/>, everything else is a change of state. No I/O, no clock, no lock: the owner serializes
/// all calls. See <c>docs/protocol.md</c>.
/// </summary>
public sealed partial class YamuxSession
{
    private readonly IYamuxSessionHandler _handler;
    private readonly int _maxInboundStreams;
    private readonly uint _ownParity;
    private readonly Dictionary<uint, YamuxStream> _streams = [];
    private uint _nextId;
    private int _inboundStreams;
    private bool _goAwaySent;

    public YamuxSession(YamuxRole role, YamuxOptions options, IYamuxSessionHandler handler)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxInboundStreams);
        _handler = handler;
        _maxInboundStreams = options.MaxInboundStreams;
        _ownParity = role == YamuxRole.Client ? 1u : 0u;
        _nextId = role == YamuxRole.Client ? 1u : 2u;
    }

    /// <summary>Streams open in any state.</summary>
    public int StreamCount => _streams.Count;

    /// <summary>Whether the peer said GOAWAY: it takes no new streams.</summary>
    public bool PeerGoingAway { get; private set; }

    /// <summary>Streams of the peer that were refused since the session began.</summary>
    public long RefusedStreams { get; private set; }

    /// <summary>All live streams, for the owner's teardown.</summary>
    public IReadOnlyCollection<YamuxStream> Streams => _streams.Values;

    /// <summary>
    /// Opens a stream; nothing is on the wire until its first bytes, its end, or <see cref="Announce"/>. Null when the peer is going
    /// away or the ids are used up (2^31 streams): the session must be replaced.
    /// </summary>
    public YamuxStream? Open(IYamuxStreamHandler handler)
    {
        if (PeerGoingAway || _goAwaySent || _nextId > uint.MaxValue - 2)
        {
            return null;
        }

        var stream = new YamuxStream(_nextId, openedHere: true) { Handler = handler };
        _nextId += 2;
        _streams.Add(stream.Id, stream);
        return stream;
    }

    /// <summary>Puts SYN (opened here) or ACK (accepted) on the wire now instead of with the first data.</summary>
    public void Announce(YamuxStream stream)
    {
        if (stream.Removed || !(stream.SynPending || stream.AckPending))
        {
            return;
        }

        _control.Enqueue(new YamuxHeader(YamuxFrameType.WindowUpdate, TakeOpeningFlags(stream), stream.Id, 0));
    }

    /// <summary>The handler has this many more bytes to send.</summary>
    public void AddPending(YamuxStream stream, long count)
    {
        if (stream.Removed || stream.FinPending || stream.FinSent)
        {
            return;
        }

        stream.Pending += count;
        QueueIfSendable(stream);
    }

    /// <summary>No more bytes will be announced: FIN follows the last pending byte.</summary>
    public void Finish(YamuxStream stream)
    {
        if (stream.Removed || stream.FinPending || stream.FinSent)
        {
            return;
        }

        stream.FinPending = true;
        QueueIfSendable(stream);
    }

    /// <summary>Ends the stream both ways; what is pending is dropped. A stream the peer has not heard of leaves no trace.</summary>
    public void Reset(YamuxStream stream)
    {
        if (stream.Removed)
        {
            return;
        }

        if (!stream.SynPending)
        {
            _control.Enqueue(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, stream.Id, 0));
        }

        Remove(stream);
    }

    /// <summary>
    /// The handler has passed on this many received bytes. The credit goes back once half the window has gathered, so that small reads
    /// do not each cost a frame. Returns whether there is something to transmit.
    /// </summary>
    public bool Consumed(YamuxStream stream, long count)
    {
        stream.Unreturned += count;
        if (stream.Removed || stream.PeerFinished || stream.Unreturned < stream.ReceiveWindow / 2)
        {
            return false;
        }

        ReturnCredit(stream);
        return true;
    }

    /// <summary>
    /// Raises the stream's receive window (never lowers it, at most <see cref="YamuxLimits.MaxWindow"/>), by an ordinary window update.
    /// The hook for an owner that measures bandwidth and round trips.
    /// </summary>
    public void GrowReceiveWindow(YamuxStream stream, int window)
    {
        window = Math.Min(window, YamuxLimits.MaxWindow);
        if (stream.Removed || stream.PeerFinished || window <= stream.ReceiveWindow)
        {
            return;
        }

        stream.Unreturned += window - stream.ReceiveWindow;
        stream.ReceiveWindow = window;
        ReturnCredit(stream);
    }

    /// <summary>Asks for an answer; <see cref="IYamuxSessionHandler.OnPong"/> gets the value back.</summary>
    public void Ping(uint opaque) =>
        _control.Enqueue(new YamuxHeader(YamuxFrameType.Ping, YamuxFlags.Syn, 0, opaque));

    /// <summary>Tells the peer to open no more streams. Streams in flight go on.</summary>
    public void GoAway(YamuxGoAwayCode code)
    {
        _goAwaySent = true;
        _control.Enqueue(new YamuxHeader(YamuxFrameType.GoAway, YamuxFlags.None, 0, (uint)code));
    }

    private void ReturnCredit(YamuxStream stream)
    {
        var delta = (uint)stream.Unreturned;
        stream.Unreturned = 0;
        stream.ReceiveCredit += delta;
        _control.Enqueue(new YamuxHeader(YamuxFrameType.WindowUpdate, TakeOpeningFlags(stream), stream.Id, delta));
    }

    private void Remove(YamuxStream stream)
    {
        _streams.Remove(stream.Id);
        if (!stream.OpenedHere)
        {
            _inboundStreams--;
        }

        stream.Removed = true;
        stream.Pending = 0;
        stream.FinPending = false;
        TellIfStarved(stream);
        stream.Handler.OnRemoved();
    }

    private void RemoveIfFinishedBothWays(YamuxStream stream)
    {
        if (stream.PeerFinished && stream.FinSent)
        {
            Remove(stream);
        }
    }

    private static YamuxFlags TakeOpeningFlags(YamuxStream stream)
    {
        var flags = stream.SynPending ? YamuxFlags.Syn : stream.AckPending ? YamuxFlags.Ack : YamuxFlags.None;
        stream.SynPending = false;
        stream.AckPending = false;
        return flags;
    }
}
