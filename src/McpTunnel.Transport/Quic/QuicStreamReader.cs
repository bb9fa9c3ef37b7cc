using System.IO.Pipelines;

namespace McpTunnel.Transport.Quic;

/// <summary>The receive pipe's reader, as the user of the stream has it.</summary>
internal sealed class QuicStreamReader(QuicLinkStream stream, PipeReader inner) : PipeReader
{
    private bool _ended;

    public override bool TryRead(out ReadResult result)
    {
        ThrowIfReset();
        return inner.TryRead(out result);
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfReset();
        return inner.ReadAsync(cancellationToken);
    }

    public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        if (!_ended)
        {
            _ended = true;
            inner.Complete();
            if (exception is not null)
            {
                stream.Abort();
            }
        }
    }

    private void ThrowIfReset()
    {
        if (stream.Failed)
        {
            throw QuicLinkStream.ResetException();
        }
    }
}
