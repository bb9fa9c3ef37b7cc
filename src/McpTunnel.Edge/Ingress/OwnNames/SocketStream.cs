using System.Net.Sockets;
using McpTunnel.Transport;
using Microsoft.AspNetCore.Connections;

namespace McpTunnel.Edge.Ingress.OwnNames;

/// <summary>
/// A non-blocking socket as a stream, beginning with bytes that were received before. A zero-byte read, which is how the TLS
/// layer above waits without a buffer of its own, receives into a small block here: the data is then there without a
/// second look at the socket. One reader and one writer at a time.
/// <para>
/// What waits here runs on the thread pool, wherever the socket's own completions run: TLS handshakes and the API do not belong on a thread
/// that other sockets wait for. A link does, once the connection is one. No reader keeps its thread for as long as there is something to read, or a
/// peer that sends faster than it is read would keep the thread from all others.
/// </para>
/// </summary>
internal sealed class SocketStream : AsyncStream
{
    /// <summary>Bytes that an idle connection holds ready.</summary>
    private const int IdleBlock = 4096;

    /// <summary>Reads in a row without a wait before others get the thread: up to 128 KiB of what may be messages of a few bytes each, some milliseconds.</summary>
    private const int ReadsInARow = 4;

    private readonly Socket _socket;
    private readonly Action _onEnd;
    private byte[] _block;
    private int _start;
    private int _end;
    private int _readsInARow;
    private volatile bool _runsInline;

    /// <param name="socket">The socket; not closed by this stream.</param>
    /// <param name="received">What was received before; the array is owned by the stream from now on.</param>
    /// <param name="length">How many bytes of it are meant.</param>
    /// <param name="onEnd">Called when the peer has finished sending, or the connection broke; must not throw.</param>
    public SocketStream(Socket socket, byte[] received, int length, Action onEnd)
    {
        _socket = socket;
        _block = received;
        _end = length;
        _onEnd = onEnd;
    }

    /// <summary>Whether what waits here runs where the socket completes: it never blocks.</summary>
    public bool RunsInline
    {
        get => _runsInline;
        set => _runsInline = value;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start < _end)
        {
            return new ValueTask<int>(TakeReceived(buffer.Span));
        }

        return buffer.IsEmpty ? WaitAsync(cancellationToken) : ReceiveAsync(buffer, cancellationToken);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // The token is not passed on: what is half sent cannot be taken back, and a peer that reads nothing is ended by closing the socket.
        cancellationToken.ThrowIfCancellationRequested();
        var sending = AgentSocket.SendAsync(_socket, buffer);
        var waited = !sending.IsCompleted;
        try
        {
            await sending;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            _onEnd();
            if (_runsInline)
            {
                throw new ConnectionResetException("The connection broke while sending.", exception);
            }

            // HTTP learns of it from the end and from its next read. It takes what is thrown here for a fault of the server's own and writes it into the log at length, for each
            // response under way: whoever asks for many and goes away would fill it.
        }
        finally
        {
            if (waited && !_runsInline)
            {
                await Task.Yield();
            }
        }
    }

    private int TakeReceived(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _end - _start);
        _block.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        if (_start < _end || count == 0)
        {
            return count;
        }

        // A full block says that there is probably more: fetch it into the same read.
        var wasFull = _end >= IdleBlock;
        _start = _end = 0;
        if (_block.Length != IdleBlock)
        {
            _block = [];
        }

        return wasFull && count < buffer.Length ? count + ReceiveMore(buffer[count..]) : count;
    }

    private int ReceiveMore(Span<byte> buffer)
    {
        try
        {
            return AgentSocket.TryReceive(_socket, buffer, out var received) ? received : 0;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // What came before the break is delivered first; the next read tells of it.
            return 0;
        }
    }

    private async ValueTask<int> WaitAsync(CancellationToken cancellationToken)
    {
        if (_block.Length == 0)
        {
            _block = GC.AllocateUninitializedArray<byte>(IdleBlock);
        }

        _end = await ReceiveAsync(_block, cancellationToken);
        return 0;
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var receiving = _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        var waited = !receiving.IsCompleted;
        try
        {
            var received = await receiving;
            if (received == 0)
            {
                _onEnd();
            }

            return received;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            _onEnd();
            throw new ConnectionResetException("The connection broke while receiving.", exception);
        }
        finally
        {
            _readsInARow = waited ? 0 : _readsInARow + 1;
            if ((waited && !_runsInline) || _readsInARow == ReadsInARow)
            {
                _readsInARow = 0;
                await Task.Yield();
            }
        }
    }
}
