using System.Buffers;
using System.Net.Sockets;
using System.Threading.Channels;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Yamux;
using McpTunnel.Transport.Links;
using McpTunnel.Transport.Sockets;

namespace McpTunnel.Transport.Multiplexing;

/// <summary>
/// Runs a <see cref="YamuxSession"/> over one byte stream.
/// <code>
///   carrier ──read loop──▶ session ──▶ each stream's receive pipe ──▶ its reader (own thread-pool item)
///   carrier ◀─write loop── session ◀── each stream's send pipe    ◀── its writer
/// </code>
/// Ownership: one lock guards the session and the session's side of every pipe; the read loop is the only reader of the carrier; the write
/// loop runs while there is output and is the only writer. The read loop never waits for a consumer: credit bounds what a
/// stream can hold. Teardown order: closed flag → streams failed → accept queue completed → carrier disposed → <see cref="Closed"/>.
/// </summary>
internal sealed partial class MuxConnection : ILinkConnection, IYamuxSessionHandler, IThreadPoolWorkItem, IAsyncDisposable
{
    /// <summary>Bytes read from the carrier at a time: two TLS records.</summary>
    private const int ReadBufferSize = 32 * 1024;

    /// <summary>A read that brings as much is one of a bulk transfer: the buffer is kept for the next one.</summary>
    private const int BulkRead = 8 * 1024;

    /// <summary>Bytes of a bulk transfer received before their readers are woken: what the network below sends in one piece.</summary>
    private const int FlushAfter = 64 * 1024;

    /// <summary>Bytes gathered into one write to the carrier: four TLS records.</summary>
    private const int WriteBufferSize = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly Stream _carrier;
    private readonly TimeProvider _time;
    private readonly YamuxSession _session;
    private readonly Channel<MuxStream> _accepted;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<LinkClosure> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<MuxStream> _received = [];
    private readonly HashSet<MuxStream> _lingering = [];
    private readonly ReceiveWindows _windows;
    private readonly StallClock _stalls;
    private readonly TaskCompletionSource _linked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ILink? _link;
    private TaskCompletionSource? _idle;
    private bool _writing;
    private LinkClosure? _closure;
    private LinkClosure? _intended;
    private Task _reading = Task.CompletedTask;
    private long _lastReceived;
    private long _writeStarted;
    private long _bytesReceived;
    private long _bytesSent;

    /// <param name="carrier">The byte stream; owned from now on.</param>
    /// <param name="role">Who opens odd streams.</param>
    /// <param name="options">What the peer is granted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="processBudget">What windows may promise beyond their start; that of the process when null.</param>
    public MuxConnection(Stream carrier, YamuxRole role, YamuxOptions options, TimeProvider time, WindowBudget? processBudget = null)
    {
        InlineReaders = role == YamuxRole.Server;
        _carrier = carrier;
        _time = time;
        _windows = new ReceiveWindows(new WindowBudget(ReceiveWindows.LinkBudget), processBudget ?? WindowBudget.Process);
        _stalls = new StallClock(time);
        _session = new YamuxSession(role, options, this);

        // As long as the peer's limit: streams opened and reset again before anybody took them count here too.
        _accepted = Channel.CreateBounded<MuxStream>(new BoundedChannelOptions(options.MaxInboundStreams) { SingleWriter = true });
        _lastReceived = time.GetTimestamp();
    }

    /// <summary>Told of each answered ping, under the lock. Set before <see cref="Start"/>.</summary>
    public Action<uint>? PongReceived { get; set; }

    /// <summary>The socket under the carrier, to ask how the way is; null where there is none. Set before <see cref="Start"/>.</summary>
    public Socket? Socket { get; init; }

    /// <summary>What the streams of this link and others hold together; null for no bound.</summary>
    public BufferBudget? Buffers { get; init; }

    public bool HostAnswers => Socket is not null && TcpPath.HasAcknowledgedAll(Socket);

    public Task<LinkClosure> Closed => _closed.Task;

    public ILink? Link
    {
        get => _link;
        set
        {
            _link = value;
            _linked.TrySetResult();
        }
    }

    /// <summary>
    /// Whether the peer's streams wait for <see cref="Link"/>: once it has opened one before, nothing more is read. At the client, where nobody takes streams before the welcome; an edge that keeps to the protocol has
    /// sent it by then.
    /// </summary>
    public bool HoldStreams { get; init; }

    /// <summary>
    /// Whether what waits for a stream's bytes runs on the read loop itself instead of on the thread pool. So at the edge, where it only passes them on to
    /// a socket: that saves a hop for each call. Never at the client, where it runs a request.
    /// </summary>
    public bool InlineReaders { get; }

    public TimeProvider Time => _time;

    /// <summary>When bytes last came off the carrier, as a timestamp of <see cref="Time"/>.</summary>
    public long LastReceived => Volatile.Read(ref _lastReceived);

    /// <summary>When the write that is now under way began; 0 while none is.</summary>
    public long WriteStarted => Volatile.Read(ref _writeStarted);

    long ILinkConnection.OldestWrite => WriteStarted;

    public long BytesReceived => Interlocked.Read(ref _bytesReceived);

    public long BytesSent => Interlocked.Read(ref _bytesSent);

    public LinkStalls Stalls
    {
        get
        {
            lock (_lock)
            {
                return _stalls.Read();
            }
        }
    }

    public int StreamCount
    {
        get
        {
            lock (_lock)
            {
                return _session.StreamCount;
            }
        }
    }

    public void Start() => _reading = Task.Run(ReadLoopAsync);

    /// <summary>Opens a stream without a round trip; null when the session takes no more.</summary>
    public MuxStream? TryOpen()
    {
        lock (_lock)
        {
            if (_closure is not null)
            {
                return null;
            }

            var stream = new MuxStream(this);
            stream.Yamux = _session.Open(stream);
            return stream.Yamux is null ? null : stream;
        }
    }

    /// <summary>The next stream the peer opened; null when the connection is closed.</summary>
    public async ValueTask<MuxStream?> AcceptAsync(CancellationToken cancellationToken)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_accepted.Reader.TryRead(out var stream))
            {
                Acknowledge(stream);
                return stream;
            }
        }

        return null;
    }

    public void Ping(uint opaque) => Change(static (session, value) => session.Ping(value), opaque);

    public void GoAway(YamuxGoAwayCode code) => Change(static (session, value) => session.GoAway(value), code);

    /// <summary>Completes when everything queued so far has been handed to the carrier, or the connection is gone.</summary>
    public Task FlushAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_closure is not null || !(_writing || _session.HasOutput))
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Ends the connection at once. The first reason given wins.</summary>
    public void Abort(LinkClosure closure)
    {
        lock (_lock)
        {
            if (_closure is not null)
            {
                return;
            }

            _closure = closure = _intended ?? closure;
            foreach (var stream in _session.Streams)
            {
                ((MuxStream)stream.Handler).Fail();
            }

            _lingering.Clear();
            _stalls.Stop();
            _idle?.TrySetResult();
        }

        _accepted.Writer.TryComplete();
        while (_accepted.Reader.TryRead(out var stream))
        {
            // Already failed above; nobody will take them.
            stream.LetGoOfUnread();
        }

        _stopping.Cancel();
        _ = FinishAsync(closure);
    }

    /// <summary>
    /// Ends the connection after last words: the peer, once it has read them, closes the carrier. Bytes that a peer has not read when the carrier
    /// breaks may be lost to it, so this side does not break it first, unless the peer takes longer than <paramref name="patience"/>.
    /// </summary>
    public async Task EndAsync(LinkClosure closure, Func<CancellationToken, ValueTask> sayLastWords, TimeSpan patience)
    {
        lock (_lock)
        {
            _intended ??= closure;
        }

        using var limit = new CancellationTokenSource(patience, _time);
        try
        {
            await sayLastWords(limit.Token);
            GoAway(YamuxGoAwayCode.Normal);
            await Closed.WaitAsync(limit.Token);
        }
        catch (Exception e) when (IsCarrierFailure(e))
        {
            // The peer stopped reading, or was gone before.
        }

        Abort(closure);
        await Closed;
    }

    public async ValueTask DisposeAsync()
    {
        Abort(new LinkClosure(TunnelCode.Shutdown, "The link was disposed.", ByPeer: false));
        await Closed;
    }

    /// <summary>Resets streams that were disposed while their peer kept its half open, once their time is over.</summary>
    public void SweepLingering(TimeSpan limit)
    {
        lock (_lock)
        {
            foreach (var stream in _lingering.Where(stream => _time.GetElapsedTime(stream.LingeringSince) >= limit).ToArray())
            {
                _session.Reset(stream.Yamux!);
            }

            ScheduleWriter();
        }
    }

    internal void AddPending(MuxStream stream, long count)
    {
        lock (_lock)
        {
            _bytesSent += count;
            stream.Queued(count);
            _session.AddPending(stream.Yamux!, count);
            ScheduleWriter();
        }
    }

    internal void Finish(MuxStream stream, long lastBytes)
    {
        lock (_lock)
        {
            _bytesSent += lastBytes;
            stream.Queued(lastBytes);
            _session.AddPending(stream.Yamux!, lastBytes);
            _session.Finish(stream.Yamux!);
            ScheduleWriter();
        }
    }

    internal void Consumed(MuxStream stream, long count)
    {
        lock (_lock)
        {
            if (_session.Consumed(stream.Yamux!, count))
            {
                GrowWindow(stream);
                ScheduleWriter();
            }
        }
    }

    internal void Reset(MuxStream stream)
    {
        lock (_lock)
        {
            if (!stream.Yamux!.Removed)
            {
                stream.Fail();
                _session.Reset(stream.Yamux);
                ScheduleWriter();
            }
        }
    }

    /// <summary>
    /// The user is done with the stream. One that ended its own half keeps the session's memory of it until the peer ends too:
    /// a reset now could overtake data that the peer has not passed on yet.
    /// </summary>
    internal void Release(MuxStream stream, bool endedOwnHalf)
    {
        ReleaseWindow(stream);
        if (!endedOwnHalf)
        {
            Reset(stream);
            return;
        }

        lock (_lock)
        {
            if (_closure is null && !stream.Yamux!.Removed)
            {
                stream.LingeringSince = _time.GetTimestamp();
                _lingering.Add(stream);
            }
        }
    }

    /// <summary>Half a window has been used up: perhaps it is what holds the peer back. Under the lock.</summary>
    private void GrowWindow(MuxStream stream)
    {
        var now = _time.GetTimestamp();
        var last = stream.CreditReturned;
        stream.CreditReturned = now;
        if (last != 0 && !stream.WindowReleased)
        {
            _session.GrowReceiveWindow(stream.Yamux!, _windows.Next(stream.Yamux!.ReceiveWindow, _time.GetElapsedTime(last, now), Link?.RoundTripTime));
        }
    }

    private void ReleaseWindow(MuxStream stream)
    {
        lock (_lock)
        {
            stream.WindowReleased = true;
            _windows.Release(stream.Yamux!.ReceiveWindow);
        }
    }

    /// <summary>The stream has bytes for its reader, or for nobody, once the current batch is through. Under the lock.</summary>
    internal void MarkReceived(MuxStream stream, int count)
    {
        _bytesReceived += count;
        if (!stream.Unflushed)
        {
            stream.Unflushed = true;
            _received.Add(stream);
        }
    }

    /// <summary>A stream begins or ends to wait for the peer's credit. Under the lock.</summary>
    internal void MarkStarved(bool starved)
    {
        if (starved)
        {
            _stalls.Begin();
        }
        else
        {
            _stalls.End();
        }
    }

    /// <summary>The session has forgotten the stream. Under the lock.</summary>
    internal void Forget(MuxStream stream) => _lingering.Remove(stream);

    IYamuxStreamHandler? IYamuxSessionHandler.OnStreamOpened(YamuxStream stream)
    {
        var accepted = new MuxStream(this) { Yamux = stream };
        return _accepted.Writer.TryWrite(accepted) ? accepted : null;
    }

    void IYamuxSessionHandler.OnPong(uint opaque) => PongReceived?.Invoke(opaque);

    void IYamuxSessionHandler.OnGoAway(uint code)
    {
        // Nothing to do here: TryOpen answers null from now on.
    }

    ILinkStream? ILinkConnection.TryOpen() => TryOpen();

    async ValueTask<ILinkStream?> ILinkConnection.AcceptAsync(CancellationToken cancellationToken) => await AcceptAsync(cancellationToken);

    void IThreadPoolWorkItem.Execute() => _ = WriteLoopAsync();

    private void Acknowledge(MuxStream stream)
    {
        lock (_lock)
        {
            _session.Announce(stream.Yamux!);
            ScheduleWriter();
        }
    }

    private void Change<T>(Action<YamuxSession, T> change, T value)
    {
        lock (_lock)
        {
            change(_session, value);
            ScheduleWriter();
        }
    }

    private async Task FinishAsync(LinkClosure closure)
    {
        try
        {
            await DisposeCarrierAsync();
            await _reading;
        }
        finally
        {
            // Whoever waits for the end gets it, whatever ending was like.
            _closed.TrySetResult(closure);
        }
    }

    private async Task DisposeCarrierAsync()
    {
        try
        {
            await _carrier.DisposeAsync();
        }
        catch (Exception e) when (IsCarrierFailure(e))
        {
            // It is gone either way.
        }
    }

    private static bool IsCarrierFailure(Exception e) =>
        e is IOException or OperationCanceledException or ObjectDisposedException or System.Net.Sockets.SocketException
            or InvalidOperationException or NotSupportedException or System.Net.Http.HttpRequestException;
}
