using System.Buffers;
using System.IO.Pipelines;
using System.Net.Quic;
using McpTunnel.Transport.Links;
using Microsoft.AspNetCore.Connections;

namespace McpTunnel.Transport.Quic;

/// <summary>
/// One QUIC stream as a stream of a link: a pipe each way, and a pump for each.
/// <code>
///   user ◀── receive pipe ◀──receiving pump── QUIC      the pump reads on while the pipe has room, so that the peer's end is
///   user ──▶  send pipe  ──sending pump──▶    QUIC      noticed though nobody reads; then credit runs out and the peer waits
/// </code>
/// The pipes are there from the beginning; the QUIC stream may come later. Only the pumps complete the pipes' inner ends.
/// Order of the end: both pumps over → QUIC stream disposed → forgotten by the connection.
/// </summary>
internal sealed class QuicLinkStream : ILinkStream
{
    /// <summary>Bytes received that may wait for the user before nothing more is taken from QUIC, and the mark at which it goes on.</summary>
    internal const int ReceivePause = 64 * 1024;
    private const int ReceiveResume = 32 * 1024;

    /// <summary>Bytes the user may have waiting for QUIC before it is asked to wait, and the mark at which it goes on.</summary>
    internal const int SendPause = 64 * 1024;
    private const int SendResume = 32 * 1024;

    /// <summary>What a pipe allocates at a time: a TLS record. Held only while there are bytes.</summary>
    private const int Segment = 16 * 1024;

    private static readonly PipeOptions ReceiveOptions = ForReceiving(PipeScheduler.ThreadPool);
    private static readonly PipeOptions InlineReceiveOptions = ForReceiving(PipeScheduler.Inline);

    private static readonly PipeOptions SendOptions = new(
        pauseWriterThreshold: SendPause, resumeWriterThreshold: SendResume, minimumSegmentSize: Segment,
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.ThreadPool, useSynchronizationContext: false);

    private readonly Lock _lock = new();
    private readonly QuicLinkConnection _connection;
    private readonly Pipe _receive;
    private readonly Pipe _send = new(SendOptions);
    private readonly LateToken _closed = new();
    private readonly LateToken _peerClosed = new();
    private readonly QuicStreamReader _input;
    private readonly QuicStreamWriter _output;
    private QuicStream? _native;
    private QuicErrorCode _reset = QuicErrorCode.StreamReset;
    private bool _failed;
    private bool _over;
    private int _disposed;
    private long _writeStarted;
    private long _waitingSince;
    private long _handingOverSince;

    public QuicLinkStream(QuicLinkConnection connection, long id)
    {
        _connection = connection;
        _waitingSince = connection.Time.GetTimestamp();
        Id = id;
        _receive = new Pipe(connection.InlineReaders ? InlineReceiveOptions : ReceiveOptions);
        _input = new QuicStreamReader(this, _receive.Reader);
        _output = new QuicStreamWriter(this, _send.Writer);
    }

    public long Id { get; }

    public ILink Link => _connection.Link!;

    public PipeReader Input => _input;

    public PipeWriter Output => _output;

    public CancellationToken Closed => _closed.Token;

    public CancellationToken PeerClosed => _peerClosed.Token;

    /// <summary>Whether the stream was reset by either side, or its connection is gone.</summary>
    public bool Failed => Volatile.Read(ref _failed);

    /// <summary>When the write that is now under way began; 0 while none is.</summary>
    public long WriteStarted => Volatile.Read(ref _writeStarted);

    /// <summary>
    /// Since when it has waited for the peer alone: to be let open (RFC 9000 section 4.6), or, its user gone, for the peer to end its half. 0 when it does not.
    /// </summary>
    public long WaitingSince => Volatile.Read(ref _waitingSince);

    /// <summary>Since when the native library has not taken what it was handed, as a timestamp; 0 while nothing is.</summary>
    public long HandingOverSince
    {
        get => Volatile.Read(ref _handingOverSince);
        set => Volatile.Write(ref _handingOverSince, value);
    }

    /// <summary>Begins to pump. Returns at once.</summary>
    public void Start(ValueTask<QuicStream> opening) => _ = RunAsync(opening);

    public void Abort() => Fail();

    /// <summary>Resets a stream that nobody will take.</summary>
    public void Refuse()
    {
        _reset = QuicErrorCode.StreamRefused;
        Fail();
    }

    /// <summary>Fails both directions for the user, and resets what is still open towards the peer.</summary>
    public void Fail()
    {
        QuicStream? native;
        lock (_lock)
        {
            if (_failed || _over)
            {
                return;
            }

            _failed = true;
            native = _native;
        }

        // Wakes the pumps, wherever they wait; they complete the pipes.
        Reset(native);
        _receive.Writer.CancelPendingFlush();
        _send.Reader.CancelPendingRead();
        _peerClosed.Fire();
        _closed.Fire();
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _input.Complete();
            if (_output.Ended)
            {
                Volatile.Write(ref _waitingSince, _connection.Time.GetTimestamp());
            }
            else
            {
                Abort();

                // A pipe gives its blocks back once both its ends are complete.
                _send.Writer.Complete();
            }
        }

        return ValueTask.CompletedTask;
    }

    internal static ConnectionResetException ResetException() => new("The stream was reset, or its link is gone.");

    private static PipeOptions ForReceiving(PipeScheduler readers) => new(
        pauseWriterThreshold: ReceivePause, resumeWriterThreshold: ReceiveResume, minimumSegmentSize: Segment,
        readerScheduler: readers, writerScheduler: PipeScheduler.ThreadPool, useSynchronizationContext: false);

    private async Task RunAsync(ValueTask<QuicStream> opening)
    {
        QuicStream? native = null;
        try
        {
            native = await opening;
            Attach(native);
            _ = WatchAsync(native.ReadsClosed);
            _ = WatchAsync(native.WritesClosed);
            var receiving = ReceiveAsync(native);
            await SendAsync(native);
            await receiving;
        }
        catch (Exception e) when (QuicErrors.IsFailure(e))
        {
            // Never opened: the connection is gone.
            _connection.Lost(e);
            Fail();
            _receive.Writer.Complete(ResetException());
            _send.Reader.Complete(ResetException());
        }

        lock (_lock)
        {
            _over = true;
        }

        _peerClosed.Fire();
        _closed.Fire();
        _connection.Forget(this);
        if (native is not null)
        {
            await DisposeAsync(native);
        }
    }

    private void Attach(QuicStream native)
    {
        lock (_lock)
        {
            _native = native;
            if (_disposed == 0)
            {
                _waitingSince = 0;
            }

            if (!_failed)
            {
                return;
            }
        }

        Reset(native);
    }

    /// <summary>A reset by the peer fails the stream though no pump is reading or writing at that moment.</summary>
    private async Task WatchAsync(Task direction)
    {
        try
        {
            await direction;
        }
        catch (Exception e) when (QuicErrors.IsFailure(e))
        {
            _connection.Lost(e);
            Fail();
        }
    }

    private async Task ReceiveAsync(QuicStream native)
    {
        var writer = _receive.Writer;
        try
        {
            var discarding = false;
            while (!Failed)
            {
                // Waits without a buffer, so that an idle stream holds none.
                _ = await native.ReadAsync(Memory<byte>.Empty);
                var count = await native.ReadAsync(writer.GetMemory());
                if (count == 0)
                {
                    break;
                }
                _connection.Received(count);
                if (!discarding)
                {
                    writer.Advance(count);
                    discarding = (await writer.FlushAsync()).IsCompleted;
                }
            }
        }
        catch (Exception e) when (QuicErrors.IsFailure(e))
        {
            _connection.Lost(e);
            Fail();
        }

        writer.Complete(Failed ? ResetException() : null);
        _peerClosed.Fire();
    }

    private async Task SendAsync(QuicStream native)
    {
        var reader = _send.Reader;
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync();
                if (Failed)
                {
                    break;
                }

                var buffer = result.Buffer;
                var started = _connection.Time.GetTimestamp();
                Volatile.Write(ref _writeStarted, started);

                // The last write also waits until the peer has acknowledged all: no stall.
                HandingOverSince = result.IsCompleted ? 0 : started;
                await WriteAsync(native, buffer, result.IsCompleted);
                Volatile.Write(ref _writeStarted, 0);
                _connection.HandedOver(this);
                _connection.Sent(buffer.Length);
                reader.AdvanceTo(buffer.End);
                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (QuicErrors.IsFailure(e))
        {
            _connection.Lost(e);
            Fail();
        }

        Volatile.Write(ref _writeStarted, 0);
        _connection.HandedOver(this);
        reader.Complete(Failed ? ResetException() : null);
    }

    private static ValueTask WriteAsync(QuicStream native, in ReadOnlySequence<byte> buffer, bool last) =>
        buffer.IsSingleSegment ? native.WriteAsync(buffer.First, last) : WriteJoinedAsync(native, buffer, last);

    /// <summary>One call into the native library, and one wait for it, for all that has gathered. It is no more than the pipe may hold.</summary>
    private static async ValueTask WriteJoinedAsync(QuicStream native, ReadOnlySequence<byte> buffer, bool last)
    {
        var joined = ArrayPool<byte>.Shared.Rent((int)buffer.Length);
        try
        {
            buffer.CopyTo(joined);
            await native.WriteAsync(joined.AsMemory(0, (int)buffer.Length), last);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(joined);
        }
    }

    private void Reset(QuicStream? native)
    {
        try
        {
            native?.Abort(QuicAbortDirection.Both, (long)_reset);
        }
        catch (Exception e) when (QuicErrors.IsFailure(e))
        {
            // It is over already.
        }
    }

    private static async ValueTask DisposeAsync(QuicStream native)
    {
        try
        {
            await native.DisposeAsync();
        }
        catch (Exception e) when (QuicErrors.IsFailure(e))
        {
            // Its connection is gone.
        }
    }
}
