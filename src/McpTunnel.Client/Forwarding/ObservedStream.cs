using McpTunnel.Client.Calls;
using McpTunnel.Transport;

namespace McpTunnel.Client.Forwarding;

/// <summary>Reads through to the upstream and counts. Only what the forwarder uses is there.</summary>
internal sealed class ObservedStream(Stream inner, Call call) : AsyncStream
{
    public override bool CanWrite => false;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var pending = inner.ReadAsync(buffer, cancellationToken);

        // A read of no bytes only waits for bytes to come.
        if (buffer.IsEmpty)
        {
            return pending;
        }

        if (!pending.IsCompletedSuccessfully)
        {
            return CountAsync(pending);
        }

        var read = pending.Result;
        call.ResponseBytes += read;
        return ValueTask.FromResult(read);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> CountAsync(ValueTask<int> pending)
    {
        var read = await pending;
        call.ResponseBytes += read;
        return read;
    }
}
