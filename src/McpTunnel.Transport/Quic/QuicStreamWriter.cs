using System.IO.Pipelines;

namespace McpTunnel.Transport.Quic;

/// <summary>The send pipe's writer, as the user of the stream has it.</summary>
internal sealed class QuicStreamWriter(QuicLinkStream stream, PipeWriter inner) : PipeWriter
{
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
        if (stream.Failed)
        {
            throw QuicLinkStream.ResetException();
        }

        return inner.FlushAsync(cancellationToken);
    }

    public override void Complete(Exception? exception = null)
    {
        if (Ended)
        {
            return;
        }

        if (exception is not null)
        {
            stream.Abort();
            inner.Complete();
            return;
        }

        Ended = true;
        inner.Complete();
    }
}
