using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Transport.Kestrel;

/// <summary>
/// A stream's writing half as Kestrel expects it of a socket: that the agent has gone is an end, not a failure. Else each agent that leaves in the
/// middle of a response would be an unhandled exception in the log. A connection on which no call has been let in yet gets so many bytes and no more.
/// </summary>
/// <param name="inner">The stream's.</param>
/// <param name="seat">Says how many bytes; its stream is reset when there would be more.</param>
internal sealed class AgentOutput(PipeWriter inner, ConnectionSeats.Seat seat) : PipeWriter
{
    private static readonly FlushResult Gone = new(isCanceled: false, isCompleted: true);

    private int _flushing;
    private long _sent;
    private bool _isCut;

    /// <summary>Whether a flush waits for the agent to take bytes.</summary>
    public bool IsFlushing => Volatile.Read(ref _flushing) != 0;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override void Advance(int bytes)
    {
        inner.Advance(bytes);
        _sent += bytes;
        if (!_isCut && !seat.MaySend(_sent))
        {
            _isCut = true;
            TransportMetrics.StreamRefused(TunnelCode.StreamLimit);
            seat.Stream.Abort();
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var flush = inner.FlushAsync(cancellationToken);
            return flush.IsCompletedSuccessfully ? flush : AwaitAsync(flush);
        }
        catch (IOException)
        {
            return ValueTask.FromResult(Gone);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FlushResult> AwaitAsync(ValueTask<FlushResult> flush)
    {
        Volatile.Write(ref _flushing, 1);
        try
        {
            return await flush;
        }
        catch (IOException)
        {
            return Gone;
        }
        finally
        {
            Volatile.Write(ref _flushing, 0);
        }
    }
}
