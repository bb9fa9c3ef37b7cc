using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace McpTunnel.Transport.Multiplexing;

/// <summary>The receive pipe's reader; what its user consumes goes back to the peer as credit.</summary>
internal sealed class MuxStreamReader(MuxConnection connection, MuxStream stream, PipeReader inner) : PipeReader
{
    private ReadOnlySequence<byte> _buffer;
    private long _unreported;

    /// <summary>Whether the user is done reading.</summary>
    public bool Ended { get; private set; }

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
        {
            return false;
        }

        _buffer = result.Buffer;
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var task = inner.ReadAsync(cancellationToken);
        if (!task.IsCompletedSuccessfully)
        {
            return AwaitRead(task);
        }

        var result = task.Result;
        _buffer = result.Buffer;
        return new ValueTask<ReadResult>(result);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var count = _buffer.Slice(0, consumed).Length;
        _buffer = default;
        inner.AdvanceTo(consumed, examined);
        stream.Consumed(count);
        _unreported += count;

        // The session decides when credit goes back; telling it of every small read would only take the lock.
        if (_unreported >= stream.Yamux!.ReceiveWindow / 4)
        {
            connection.Consumed(stream, _unreported);
            _unreported = 0;
        }
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        if (!Ended)
        {
            Ended = true;
            inner.Complete(exception);
            stream.LetGoOfUnread();
            if (exception is not null)
            {
                stream.Abort();
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> AwaitRead(ValueTask<ReadResult> task)
    {
        var result = await task;
        _buffer = result.Buffer;
        return result;
    }
}
