using System.IO.Pipelines;

namespace McpTunnel.Transport.Multiplexing;

/// <summary>The send pipe's writer; what its user flushes stands in the link's line.</summary>
internal sealed class MuxStreamWriter(MuxConnection connection, MuxStream stream, PipeWriter inner) : PipeWriter
{
    /// <summary>How often a writer looks whether less of its bytes wait. 20 ms, in which a stream still brings 1.5 MiB a second.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>Whether the user has ended this direction in order.</summary>
    public bool Ended { get; private set; }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var count = inner.UnflushedBytes;
        var flush = inner.FlushAsync(cancellationToken);
        if (count > 0)
        {
            connection.AddPending(stream, count);
        }

        return stream.HoldsTooMuch ? WaitForShareAsync(flush, cancellationToken) : flush;
    }

    public override void Complete(Exception? exception = null)
    {
        if (Ended)
        {
            return;
        }

        if (exception is not null)
        {
            inner.Complete(exception);
            stream.Abort();
            return;
        }

        Ended = true;
        var count = inner.UnflushedBytes;
        inner.Complete();
        connection.Finish(stream, count);
    }

    private async ValueTask<FlushResult> WaitForShareAsync(ValueTask<FlushResult> flush, CancellationToken cancellationToken)
    {
        var result = await flush;
        while (stream.HoldsTooMuch)
        {
            await Task.Delay(Look, connection.Time, cancellationToken);
        }

        return result;
    }
}
