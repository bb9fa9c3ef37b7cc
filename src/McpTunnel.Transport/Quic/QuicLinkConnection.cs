using System.Net.Quic;
using System.Security.Authentication;
using System.Threading.Channels;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport.Links;

namespace McpTunnel.Transport.Quic;

/// <summary>
/// A QUIC connection as a link needs it: its streams are QUIC's own.
/// <code>
///   peer's streams ──accept loop──▶ queue ──▶ AcceptAsync            each stream has two pumps between its pipes and QUIC
///   TryOpen ──▶ a stream whose pipes work at once ──▶ opened in QUIC meanwhile
///   edge: SayReady ──▶ one empty unidirectional stream ──▶ client: PeerReady
/// </code>
/// Teardown order: closed flag → streams failed → accept queue completed → connection closed → <see cref="Closed"/>.
/// </summary>
internal sealed class QuicLinkConnection : ILinkConnection
{
    /// <summary>How long the end of a link may wait for the native connection's; a peer that is gone is not worth more.</summary>
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long the peer has to read last words, at least: unlike the end of a TCP connection, closing drops what it has not read (RFC 9000 section 10.2).
    /// </summary>
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How many streams may come before there is a link. 256: streams of QUIC may overtake a welcome that was lost and is sent again, so some may be there; each can hold 320 KiB, and nobody takes them yet.
    /// </summary>
    internal const int EarlyStreams = 256;

    /// <summary>
    /// A write that takes so long has not just been handed over: the native library's buffer is full, because the peer gives no credit or the network takes no more. It does not say
    /// which.
    /// </summary>
    internal static readonly TimeSpan ShortestStall = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly QuicConnection _connection;
    private readonly bool _isEdge;
    private readonly HashSet<QuicLinkStream> _streams = [];
    private readonly Channel<QuicLinkStream> _accepted;
    private readonly TaskCompletionSource<LinkClosure> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _peerReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LinkClosure? _closure;
    private LinkClosure? _intended;
    private QuicLinkStream? _control;
    private long _opened;
    private long _lastReceived;
    private long _bytesReceived;
    private long _bytesSent;
    private TimeSpan _stalled;

    /// <param name="connection">The connection after its handshake; owned from now on.</param>
    /// <param name="isEdge">Which end this is.</param>
    /// <param name="maxInbound">Streams of the peer that may wait to be taken.</param>
    /// <param name="time">The clock.</param>
    public QuicLinkConnection(QuicConnection connection, bool isEdge, int maxInbound, TimeProvider time)
    {
        _connection = connection;
        _isEdge = isEdge;
        Time = time;
        _lastReceived = time.GetTimestamp();
        _accepted = Channel.CreateBounded<QuicLinkStream>(new BoundedChannelOptions(maxInbound) { SingleWriter = true });
    }

    public TimeProvider Time { get; }

    public Task<LinkClosure> Closed => _closed.Task;

    /// <summary>
    /// At the client: the edge is done with the handshake and takes what comes. Before, while it judges the client's certificate, the native library throws away what is not of the handshake: it would be lost, and a
    /// loss among the first packets leaves a connection slow for as long as it lives.
    /// </summary>
    public Task PeerReady => _peerReady.Task;

    public ILink? Link { get; set; }

    public long LastReceived => Volatile.Read(ref _lastReceived);

    public long WriteStarted => Volatile.Read(ref _control)?.WriteStarted ?? 0;

    public bool HostAnswers => false;

    public long OldestWrite
    {
        get
        {
            lock (_lock)
            {
                var oldest = 0L;
                foreach (var stream in _streams)
                {
                    var started = stream.WriteStarted;
                    oldest = started != 0 && (oldest == 0 || started < oldest) ? started : oldest;
                }

                return oldest;
            }
        }
    }

    public long BytesReceived => Interlocked.Read(ref _bytesReceived);

    public long BytesSent => Interlocked.Read(ref _bytesSent);

    public LinkStalls Stalls
    {
        get
        {
            lock (_lock)
            {
                var waits = _streams.Where(stream => stream != _control).Select(WaitOf).Where(waited => waited > TimeSpan.Zero).ToList();
                return new LinkStalls(waits.Aggregate(_stalled, (sum, waited) => sum + waited), waits.Count);
            }
        }
    }

    public int StreamCount
    {
        get
        {
            lock (_lock)
            {
                return _streams.Count;
            }
        }
    }

    /// <summary>Whether what waits for a stream's bytes runs on the pump that brings them, as in the other carriers: at the edge, where it only passes them on.</summary>
    public bool InlineReaders => _isEdge;

    public void Start() => _ = Task.Run(AcceptLoopAsync);

    /// <summary>At the edge: tells the client that the handshake is over here too. Returns at once; a client that takes no such stream is not told.</summary>
    public void SayReady() => _ = SayReadyAsync();

    public ILinkStream? TryOpen()
    {
        QuicLinkStream stream;
        lock (_lock)
        {
            if (_closure is not null)
            {
                return null;
            }

            // Numbered as QUIC will number it (RFC 9000 section 2.1): in the order of opening, by who opened it.
            stream = new QuicLinkStream(this, (_opened++ << 2) | (_isEdge ? 1u : 0u));
            Add(stream);
            stream.Start(_connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional));
        }

        return stream;
    }

    public async ValueTask<ILinkStream?> AcceptAsync(CancellationToken cancellationToken)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_accepted.Reader.TryRead(out var stream))
            {
                return stream;
            }
        }

        return null;
    }

    public void SweepLingering(TimeSpan limit)
    {
        QuicLinkStream[] over;
        lock (_lock)
        {
            over = [.. _streams.Where(stream => stream.WaitingSince is not 0 and var since && Time.GetElapsedTime(since) >= limit)];
        }

        foreach (var stream in over)
        {
            stream.Abort();
        }
    }

    public void Abort(LinkClosure closure)
    {
        QuicLinkStream[] streams;
        lock (_lock)
        {
            if (_closure is not null)
            {
                return;
            }

            _closure = closure = _intended ?? closure;
            streams = [.. _streams];
        }

        foreach (var stream in streams)
        {
            stream.Fail();
        }

        _accepted.Writer.TryComplete();
        while (_accepted.Reader.TryRead(out _))
        {
            // Already failed above; nobody will take them.
        }

        _ = FinishAsync(closure);
    }

    public async Task EndAsync(LinkClosure closure, Func<CancellationToken, ValueTask> sayLastWords, TimeSpan patience)
    {
        lock (_lock)
        {
            _intended ??= closure;
        }

        using var limit = new CancellationTokenSource(patience > ReadPatience ? patience : ReadPatience, Time);
        try
        {
            // The peer, once it has read this, closes.
            await sayLastWords(limit.Token);
            await Closed.WaitAsync(limit.Token);
        }
        catch (Exception e) when (QuicErrors.IsFailure(e))
        {
            // The peer stopped reading, or was gone before.
        }

        Abort(closure);
        await Closed;
    }

    internal void Received(int count)
    {
        Volatile.Write(ref _lastReceived, Time.GetTimestamp());
        Interlocked.Add(ref _bytesReceived, count);
    }

    internal void Sent(long count) => Interlocked.Add(ref _bytesSent, count);

    /// <summary>The native library has taken what a stream handed over, or never will.</summary>
    internal void HandedOver(QuicLinkStream stream)
    {
        lock (_lock)
        {
            // Under the lock the time is read as well: what somebody has read of this wait before is no more than what is added for it now.
            var waited = stream == _control ? TimeSpan.Zero : WaitOf(stream);
            stream.HandingOverSince = 0;
            _stalled += waited;
        }
    }

    /// <summary>How long a stream has waited by now; zero while that is no stall. Under the lock.</summary>
    private TimeSpan WaitOf(QuicLinkStream stream) =>
        stream.HandingOverSince is not 0 and var since && Time.GetElapsedTime(since) is var waited && waited >= ShortestStall ? waited : TimeSpan.Zero;

    /// <summary>A stream failed: if with the whole connection, whoever notices first says why.</summary>
    internal void Lost(Exception e)
    {
        if (e is AuthenticationException or QuicException
            {
                QuicError: QuicError.ConnectionAborted or QuicError.ConnectionIdle or QuicError.ConnectionTimeout or QuicError.TransportError
            })
        {
            Abort(Explain(e));
        }
    }

    /// <summary>Nothing of the stream is left.</summary>
    internal void Forget(QuicLinkStream stream)
    {
        lock (_lock)
        {
            _streams.Remove(stream);
        }
    }

    /// <summary>The first stream of a link is its control stream. Under the lock.</summary>
    internal void Add(QuicLinkStream stream)
    {
        _streams.Add(stream);
        _control ??= stream;
    }

    private async Task AcceptLoopAsync()
    {
        var early = 0;
        try
        {
            while (true)
            {
                var native = await _connection.AcceptInboundStreamAsync(CancellationToken.None);
                if (native.Type == QuicStreamType.Bidirectional)
                {
                    Accept(native);
                    if (!_isEdge && Link is null && ++early > EarlyStreams)
                    {
                        Abort(new LinkClosure(TunnelCode.ProtocolError, $"The edge opened more than {EarlyStreams} streams before it sent a welcome.", ByPeer: false));
                    }
                }
                else
                {
                    HearReady(native);
                }
            }
        }
        catch (Exception e)
        {
            // Whatever it is, there are no more streams, and nobody else would notice.
            Abort(Explain(e));
        }
    }

    private void Accept(QuicStream native)
    {
        var stream = new QuicLinkStream(this, native.Id);
        lock (_lock)
        {
            Add(stream);
        }

        var queued = _accepted.Writer.TryWrite(stream);
        if (!queued || _closure is not null)
        {
            // Opened and reset faster than they are taken: the same limit as for streams that live.
            TransportMetrics.StreamRefused(TunnelCode.StreamLimit, 1);
            stream.Refuse();
        }

        stream.Start(ValueTask.FromResult(native));
    }

    private void HearReady(QuicStream native)
    {
        _ = native.DisposeAsync().AsTask();
        if (!_peerReady.TrySetResult())
        {
            Abort(new LinkClosure(TunnelCode.ProtocolError, "The edge opened a second unidirectional stream.", ByPeer: false));
        }
    }

    private async Task SayReadyAsync()
    {
        try
        {
            await using var stream = await _connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
            stream.CompleteWrites();
        }
        catch (Exception e) when (QuicErrors.IsFailure(e))
        {
            // The connection has ended.
        }
    }

    private static LinkClosure Explain(Exception e) => (e as QuicException)?.QuicError switch
    {
        QuicError.ConnectionAborted => new LinkClosure(TunnelCode.TransportError, "The peer closed the connection.", ByPeer: true),
        QuicError.ConnectionIdle or QuicError.ConnectionTimeout => new LinkClosure(TunnelCode.PeerDead, $"QUIC heard nothing any more: {e.Message}", ByPeer: false),
        _ => new LinkClosure(TunnelCode.TransportError, $"The QUIC connection broke: {QuicErrors.Explain(e)}", ByPeer: true),
    };

    private async Task FinishAsync(LinkClosure closure)
    {
        try
        {
            using var limit = new CancellationTokenSource(ClosePatience, Time);
            await DisposeConnectionAsync().WaitAsync(limit.Token);
        }
        catch (Exception)
        {
            // It goes on by itself, or the native library has failed: the link has ended either way, and somebody waits to hear it.
        }

        _closed.TrySetResult(closure);
    }

    private async Task DisposeConnectionAsync()
    {
        // Never on the caller's thread: the native library may take its time.
        await Task.Yield();
        try
        {
            await _connection.DisposeAsync();
        }
        catch (Exception e) when (QuicErrors.IsFailure(e))
        {
            // It is gone either way.
        }
    }
}
