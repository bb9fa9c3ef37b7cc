using System.IO.Pipelines;
using McpTunnel.Transport;

namespace McpTunnel.TestKit.Links;

/// <summary>One end of a byte stream in memory, with back-pressure: what a carrier is, without a socket.</summary>
public sealed class DuplexMemoryStream : AsyncStream
{
    private readonly PipeReader _reader;
    private readonly PipeWriter _writer;
    private readonly Stream _input;
    private readonly Stream _output;

    private DuplexMemoryStream(PipeReader reader, PipeWriter writer)
    {
        _reader = reader;
        _writer = writer;
        _input = reader.AsStream(leaveOpen: true);
        _output = writer.AsStream(leaveOpen: true);
    }

    /// <summary>Two ends; each takes <paramref name="buffer"/> bytes before its writer must wait.</summary>
    public static (DuplexMemoryStream First, DuplexMemoryStream Second) CreatePair(int buffer = 256 * 1024)
    {
        var options = new PipeOptions(pauseWriterThreshold: buffer, resumeWriterThreshold: buffer / 2, useSynchronizationContext: false);
        var there = new Pipe(options);
        var back = new Pipe(options);
        return (new DuplexMemoryStream(back.Reader, there.Writer), new DuplexMemoryStream(there.Reader, back.Writer));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!buffer.IsEmpty)
        {
            return await _input.ReadAsync(buffer, cancellationToken);
        }

        var result = await _reader.ReadAsync(cancellationToken);
        _reader.AdvanceTo(result.Buffer.Start);
        return 0;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _output.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _writer.Complete();
            _reader.CancelPendingRead();
            _reader.Complete();
        }

        base.Dispose(disposing);
    }
}
