using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using McpTunnel.Protocol.Yamux;
using McpTunnel.Transport.Links;
using Microsoft.AspNetCore.Connections;

namespace McpTunnel.Transport.Multiplexing;

/// <summary>
/// One stream of a <see cref="MuxConnection"/>: a pipe each way. The user's ends are <see cref="Input"/> and <see cref="Output"/>; the other ends belong to the
/// connection and are touched only under its lock.
/// </summary>
internal sealed class MuxStream : ILinkStream, IYamuxStreamHandler
{
    /// <summary>
    /// Bytes a writer may have waiting for the link before it is asked to wait; it goes on at half of that. A client has as much as a stream's first window: who encrypts
    /// for the agent and who encrypts for the link then seldom wait for each other. An edge has less, since strangers fill it.
    /// </summary>
    private const int ClientSendPause = 256 * 1024;
    private const int EdgeSendPause = 64 * 1024;

    /// <summary>What a pipe allocates at a time: a TLS record. Held only while there are bytes.</summary>
    private const int Segment = 16 * 1024;

    private static readonly PipeOptions ClientReceiveOptions = ForReceiving(PipeScheduler.ThreadPool);
    private static readonly PipeOptions EdgeReceiveOptions = ForReceiving(ReadLoopScheduler.Instance);
    private static readonly PipeOptions ClientSendOptions = ForSending(ClientSendPause);
    private static readonly PipeOptions EdgeSendOptions = ForSending(EdgeSendPause);

    private readonly MuxConnection _connection;
    private readonly Pipe _receive;
    private readonly Pipe _send;
    private readonly LateToken _closed = new();
    private readonly LateToken _peerClosed = new();
    private readonly MuxStreamReader _input;
    private readonly MuxStreamWriter _output;
    private readonly BufferBudget? _buffers;
    private long _unread;
    private long _unsent;
    private bool _receiveEnded;
    private bool _sendEnded;
    private int _disposed;

    public MuxStream(MuxConnection connection)
    {
        _connection = connection;
        _buffers = connection.Buffers;
        _receive = new Pipe(connection.InlineReaders ? EdgeReceiveOptions : ClientReceiveOptions);
        _send = new Pipe(connection.InlineReaders ? EdgeSendOptions : ClientSendOptions);
        _input = new MuxStreamReader(connection, this, _receive.Reader);
        _output = new MuxStreamWriter(connection, this, _send.Writer);
    }

    /// <summary>The protocol's side of this stream; null only until the session has made it.</summary>
    public YamuxStream? Yamux { get; set; }

    public long Id => Yamux!.Id;

    public ILink Link => _connection.Link!;

    public PipeReader Input => _input;

    public PipeWriter Output => _output;

    public CancellationToken Closed => _closed.Token;

    public CancellationToken PeerClosed => _peerClosed.Token;

    public long LingeringSince { get; set; }

    /// <summary>When credit last went back to the peer, as a timestamp; 0 before. Under the lock.</summary>
    public long CreditReturned { get; set; }

    /// <summary>Whether the window's share of the budgets has gone back. Under the lock.</summary>
    public bool WindowReleased { get; set; }

    /// <summary>Bytes waiting in the pipe to be flushed to the reader after the current batch. Under the lock.</summary>
    public bool Unflushed { get; set; }

    /// <summary>Bytes that arrived after the reader left. Under the lock.</summary>
    public int Discarded { get; set; }

    /// <summary>Bytes received that the user has not read; counted only where there is a budget.</summary>
    public long Unread => Interlocked.Read(ref _unread);

    /// <summary>Whether the budget is used up and this stream has more than its share waiting for the link.</summary>
    public bool HoldsTooMuch => _buffers is { IsUsedUp: true } && Interlocked.Read(ref _unsent) > BufferBudget.Share;

    public void Abort() => _connection.Reset(this);

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _input.Complete();
            _connection.Release(this, endedOwnHalf: _output.Ended);

            // A pipe gives its blocks back once both its ends are complete.
            _send.Writer.Complete();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Fails both directions for the user. Under the lock.</summary>
    public void Fail()
    {
        EndReceive(new ConnectionResetException("The stream was reset, or its link is gone."));
        EndSend();
        _send.Reader.Complete(new ConnectionResetException("The stream was reset, or its link is gone."));
        _closed.Fire();
    }

    /// <summary>Hands what has arrived to the reader. By the read loop, outside the lock.</summary>
    public void FlushReceived()
    {
        Unflushed = false;
        if (!_receiveEnded)
        {
            var flush = _receive.Writer.FlushAsync(CancellationToken.None);
            Debug.Assert(flush.IsCompleted, "A pipe without a threshold never makes its writer wait.");
        }
    }

    /// <summary>The user has read bytes. Those of a stream that was reset while the user looked at them have been let go of already.</summary>
    public void Consumed(long count)
    {
        if (_buffers is null)
        {
            return;
        }

        long unread, taken;
        do
        {
            unread = Interlocked.Read(ref _unread);
            taken = Math.Min(count, unread);
        }
        while (Interlocked.CompareExchange(ref _unread, unread - taken, unread) != unread);

        _buffers.Add(-taken);
    }

    /// <summary>Nobody will read what is here.</summary>
    public void LetGoOfUnread() => _buffers?.Add(-Interlocked.Exchange(ref _unread, 0));

    /// <summary>Bytes wait for the link, unless the stream is over. Under the lock.</summary>
    public void Queued(long count)
    {
        if (_buffers is not null && !_sendEnded)
        {
            _unsent += count;
            _buffers.Add(count);
        }
    }

    void IYamuxStreamHandler.OnData(ReadOnlySpan<byte> payload)
    {
        if (_input.Ended || _receiveEnded)
        {
            Discarded += payload.Length;
        }
        else
        {
            payload.CopyTo(_receive.Writer.GetSpan(payload.Length));
            _receive.Writer.Advance(payload.Length);
            Held(payload.Length);
        }

        _connection.MarkReceived(this, payload.Length);
    }

    void IYamuxStreamHandler.OnPeerFinished() => EndReceive(null);

    void IYamuxStreamHandler.OnPeerReset() => Fail();

    void IYamuxStreamHandler.OnRemoved()
    {
        EndReceive(null);
        EndSend();
        _send.Reader.Complete();
        _closed.Fire();
        _connection.Forget(this);
    }

    void IYamuxStreamHandler.Fill(Span<byte> destination)
    {
        if (!_send.Reader.TryRead(out var result))
        {
            throw new InvalidOperationException("The session asked for bytes that were never announced.");
        }

        var slice = result.Buffer.Slice(0, destination.Length);
        slice.CopyTo(destination);
        _send.Reader.AdvanceTo(slice.End);
        if (_buffers is not null)
        {
            _unsent -= destination.Length;
            _buffers.Add(-destination.Length);
        }
    }

    void IYamuxStreamHandler.OnStarved(bool starved) => _connection.MarkStarved(starved);

    private void Held(int count)
    {
        if (_buffers is not null)
        {
            Interlocked.Add(ref _unread, count);
            _buffers.Add(count);
            if (_input.Ended)
            {
                // It left meanwhile: whichever of the two comes last finds what is to be let go.
                LetGoOfUnread();
            }
        }
    }

    private void EndSend()
    {
        if (!_sendEnded)
        {
            _sendEnded = true;
            _buffers?.Add(-_unsent);
            _unsent = 0;
        }
    }

    private void EndReceive(Exception? error)
    {
        if (!_receiveEnded)
        {
            _receiveEnded = true;
            _receive.Writer.Complete(error);
            _peerClosed.Fire();
        }
    }

    /// <summary>Received bytes are bounded by the window, so the pipe itself never pauses its writer.</summary>
    private static PipeOptions ForReceiving(PipeScheduler readers) => new(
        pauseWriterThreshold: 0, minimumSegmentSize: Segment,
        readerScheduler: readers, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);

    private static PipeOptions ForSending(int pause) => new(
        pauseWriterThreshold: pause, resumeWriterThreshold: pause / 2, minimumSegmentSize: Segment,
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.ThreadPool, useSynchronizationContext: false);
}
