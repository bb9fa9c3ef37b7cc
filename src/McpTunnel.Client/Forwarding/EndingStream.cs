using McpTunnel.Client.Calls;
using McpTunnel.Transport;

namespace McpTunnel.Client.Forwarding;

/// <summary>An event stream of an upstream, which is over when the client stops as if the upstream had ended it.</summary>
internal sealed class EndingStream(Stream inner, Call call) : AsyncStream
{
    public override bool CanWrite => false;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (call.StreamsEnd.IsCancellationRequested)
        {
            return End();
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, call.StreamsEnd);
        try
        {
            return await inner.ReadAsync(buffer, either.Token);
        }
        catch (Exception) when (call.StreamsEnd.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return End();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private int End()
    {
        call.EndedByStop = true;
        return 0;
    }
}
