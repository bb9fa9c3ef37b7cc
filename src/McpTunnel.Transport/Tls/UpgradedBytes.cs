namespace McpTunnel.Transport.Tls;

/// <summary>
/// A connection after its upgrade, read and written at the TLS stream itself: the server's layers above it pass a link's bytes on in pieces of a memory page,
/// and each piece costs a TLS record or a system call. What the server had read ahead of the upgrade comes first. One reader and one writer at a time.
/// </summary>
/// <param name="upgraded">The server's own stream of the upgraded connection; disposed with this.</param>
/// <param name="tls">The TLS stream below it; the connection's.</param>
/// <param name="abort">Ends the connection at once.</param>
internal sealed class UpgradedBytes(Stream upgraded, Stream tls, Action abort) : Stream
{
    private bool _drained;
    private volatile bool _writing;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _drained ? tls.ReadAsync(buffer, cancellationToken) : DrainAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _writing = true;
        var writing = tls.WriteAsync(buffer, cancellationToken);
        if (!writing.IsCompletedSuccessfully)
        {
            return AwaitAsync(writing);
        }

        _writing = false;
        return writing;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => tls.FlushAsync(cancellationToken);

    public override void Flush() => tls.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous reading is supported.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous writing is supported.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        AbortIfStalled();
        await upgraded.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            AbortIfStalled();
            upgraded.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>A peer that takes nothing: a record that is half on the wire cannot be followed by an orderly end.</summary>
    private void AbortIfStalled()
    {
        if (_writing)
        {
            abort();
        }
    }

    /// <summary>The server hands out all that it has read, as far as there is room: less than there is room for is its last.</summary>
    private async ValueTask<int> DrainAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = await upgraded.ReadAsync(buffer, cancellationToken);
        _drained = count < buffer.Length;
        return count;
    }

    private async ValueTask AwaitAsync(ValueTask writing)
    {
        await writing;
        _writing = false;
    }
}
