using System.Net.WebSockets;
using McpTunnel.Transport.WebSockets;

namespace McpTunnel.Benchmarks.Micro;

/// <summary>Two ends of the websocket carrier with a buffer between: what a message costs beside the bytes of it.</summary>
internal sealed class WebSocketLoop
{
    private readonly WebSocketBytes _from;
    private readonly WebSocketBytes _to;
    private readonly byte[] _message;
    private readonly byte[] _received;

    /// <param name="payload">Bytes of one message.</param>
    /// <param name="fromClient">Whether the client sends, which masks.</param>
    public WebSocketLoop(int payload, bool fromClient)
    {
        var wire = new Wire(payload + 64);
        _from = Wrap(wire, isServer: !fromClient);
        _to = Wrap(wire, isServer: fromClient);
        _message = new byte[payload];
        _received = new byte[payload];
    }

    public void Pass()
    {
        Completed(_from.WriteAsync(_message));
        for (var at = 0; at < _received.Length;)
        {
            var reading = _to.ReadAsync(_received.AsMemory(at));
            at += reading.IsCompletedSuccessfully ? reading.Result : throw new InvalidOperationException("A read waited.");
        }
    }

    private static WebSocketBytes Wrap(Stream wire, bool isServer) =>
        new(WebSocket.CreateFromStream(wire, new WebSocketCreationOptions { IsServer = isServer, KeepAliveInterval = TimeSpan.Zero }));

    private static void Completed(ValueTask task)
    {
        if (!task.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("A write waited.");
        }
    }

    /// <summary>Holds what was written until it is read; nothing ever waits.</summary>
    private sealed class Wire(int size) : Stream
    {
        private readonly byte[] _bytes = new byte[size];
        private int _start;
        private int _end;

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_start == _end)
            {
                _start = _end = 0;
            }

            buffer.Span.CopyTo(_bytes.AsSpan(_end));
            _end += buffer.Length;
            return ValueTask.CompletedTask;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(buffer.Length, _end - _start);
            _bytes.AsSpan(_start, count).CopyTo(buffer.Span);
            _start += count;
            return new ValueTask<int>(count);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
