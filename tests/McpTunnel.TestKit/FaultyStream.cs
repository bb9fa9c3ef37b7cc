using McpTunnel.Transport;
namespace McpTunnel.TestKit;

/// <summary>
/// A stream with faults around another one: short reads, split writes, stalls, an end or an error after so many bytes, in each direction.
/// The limits may be changed while it is used. Reads and writes are independent, as on a socket.
/// </summary>
public sealed class FaultyStream(Stream inner) : AsyncStream
{
    private readonly Gate _reads = new();
    private readonly Gate _writes = new();

    /// <summary>The most bytes that one read returns. Default: no limit.</summary>
    public int MaxReadSize { get; set; } = int.MaxValue;

    /// <summary>The most bytes that one write to the inner stream carries. Default: no limit.</summary>
    public int MaxWriteSize { get; set; } = int.MaxValue;

    /// <summary>After so many bytes, a read returns 0, as if the peer had closed. Default: never.</summary>
    public long EndAfterRead { get; set; } = long.MaxValue;

    /// <summary>After so many bytes, a read fails with <see cref="IOException"/>. Default: never.</summary>
    public long FailAfterRead { get; set; } = long.MaxValue;

    /// <summary>After so many bytes, a write fails with <see cref="IOException"/>, its first part sent. Default: never.</summary>
    public long FailAfterWrite { get; set; } = long.MaxValue;

    /// <summary>Bytes read through this stream.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Bytes written through this stream.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Whether the stream has been disposed: a test's proof that its owner let go of it.</summary>
    public bool IsDisposed { get; private set; }

    public override bool CanRead => inner.CanRead;

    public override bool CanWrite => inner.CanWrite;

    /// <summary>Makes reads wait, as on a path that silently drops everything, until <see cref="ResumeReads"/>.</summary>
    public void StallReads() => _reads.Close();

    public void ResumeReads() => _reads.Open();

    /// <summary>Makes writes wait, as towards a peer that stopped reading, until <see cref="ResumeWrites"/>.</summary>
    public void StallWrites() => _writes.Close();

    public void ResumeWrites() => _writes.Open();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _reads.PassAsync(cancellationToken);
        if (buffer.IsEmpty)
        {
            return await inner.ReadAsync(buffer, cancellationToken);
        }

        if (BytesRead >= EndAfterRead)
        {
            return 0;
        }

        if (BytesRead >= FailAfterRead)
        {
            throw new IOException("The test broke the reading side.");
        }

        var most = Math.Min(Math.Min(MaxReadSize, EndAfterRead - BytesRead), FailAfterRead - BytesRead);
        var read = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, most)], cancellationToken);

        // A stall that began while the read was waiting keeps back what it brought.
        await _reads.PassAsync(cancellationToken);
        BytesRead += read;
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            await _writes.PassAsync(cancellationToken);
            if (BytesWritten >= FailAfterWrite)
            {
                throw new IOException("The test broke the writing side.");
            }

            var part = buffer[..(int)Math.Min(buffer.Length, Math.Min(MaxWriteSize, FailAfterWrite - BytesWritten))];
            await inner.WriteAsync(part, cancellationToken);
            BytesWritten += part.Length;
            buffer = buffer[part.Length..];
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing && !IsDisposed)
        {
            IsDisposed = true;
            _reads.Break();
            _writes.Break();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Open, closed, or broken for good by disposal.</summary>
    private sealed class Gate
    {
        private volatile TaskCompletionSource? _closed;
        private volatile bool _broken;

        public void Close() => _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Open()
        {
            var closed = _closed;
            _closed = null;
            closed?.TrySetResult();
        }

        public void Break()
        {
            _broken = true;
            Open();
        }

        public async ValueTask PassAsync(CancellationToken cancellationToken)
        {
            if (_closed is { } closed)
            {
                await closed.Task.WaitAsync(cancellationToken);
            }

            ObjectDisposedException.ThrowIf(_broken, typeof(FaultyStream));
        }
    }
}
