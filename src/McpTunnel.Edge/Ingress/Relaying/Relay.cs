using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Transport;

namespace McpTunnel.Edge.Ingress.Relaying;

/// <summary>
/// One agent connection on its way through a link, byte for byte and blindly:
/// <code>
///   agent socket ──receive──▶ idle block ──copy──▶ stream.Output ──▶ client      a receive is always waiting, so an
///        │                └─ full? receive straight into Output until dry          agent that is gone is seen at once
///   agent socket ◀──────────────send────────────── stream.Input ◀── client        no buffer here while nothing comes
/// </code>
/// Each direction is one loop that allocates nothing for a read, has no timer, and waits for room downstream before it
/// reads more: what is in flight is one block here and the stream's window. The end of one direction is passed on as a half-close;
/// a break of either side resets the other one.
/// </summary>
internal sealed class Relay
{
    /// <summary>Bytes that an idle connection holds ready: a page. A usual request fits, TLS included.</summary>
    public const int IdleBlock = 4096;

    /// <summary>Room asked for while the agent sends faster than a block a read: what one TLS record carries at most.</summary>
    private const int BulkBlock = 16 * 1024;

    /// <summary>The most that is passed on to the agent before the client gets credit for it.</summary>
    private const int SendSlice = 128 * 1024;

    private const int NotEnded = -1;

    private readonly Socket _agent;
    private readonly ILinkStream _stream;
    private readonly MemoryPool<byte> _pool;
    private readonly TimeProvider _time;
    private List<ArraySegment<byte>>? _pieces;
    private long _toClient;
    private long _toAgent;
    private long _lastBytes;
    private long _lastActive;
    private int _end = NotEnded;
    private volatile bool _unwatched;
    private volatile bool _sending;

    /// <param name="agent">The agent's socket in non-blocking mode; the relay owns it from now on.</param>
    /// <param name="stream">The stream, its preamble sent; the relay owns it from now on.</param>
    /// <param name="pool">A pool whose blocks are at least <see cref="IdleBlock"/> long, pinned if possible.</param>
    /// <param name="time">The clock.</param>
    public Relay(Socket agent, ILinkStream stream, MemoryPool<byte> pool, TimeProvider time)
    {
        _agent = agent;
        _stream = stream;
        _pool = pool;
        _time = time;
        _lastActive = time.GetTimestamp();
    }

    /// <summary>Where the time until the client's first byte is counted, and since when it is; nowhere in a test that has no use for it.</summary>
    public (EdgeMetrics? Metrics, long Opened) Answer { get; init; }

    /// <summary>Its place in the <see cref="RelayTable"/>.</summary>
    internal LinkedListNode<Relay>? Node { get; set; }

    /// <summary>Bytes passed from the agent to the client so far.</summary>
    public long BytesToClient => Volatile.Read(ref _toClient);

    /// <summary>Bytes passed from the client to the agent so far.</summary>
    public long BytesToAgent => Volatile.Read(ref _toAgent);

    /// <summary>Passes bytes until both directions are over. Never throws.</summary>
    public async Task<RelayEnd> RunAsync()
    {
        var toAgent = ToAgentAsync();
        await ToClientAsync();
        await toAgent;

        End(RelayEnd.Completed);
        _agent.Dispose();
        await _stream.DisposeAsync();
        return (RelayEnd)_end;
    }

    /// <summary>Ends the relay at once, resetting both sides. Thread-safe, idempotent.</summary>
    public void Abort(RelayEnd end)
    {
        if (End(end))
        {
            _stream.Abort();
            AgentSocket.Reset(_agent);
        }
    }

    /// <summary>
    /// Whether no receive is waiting that would tell of the agent's reset: while the client takes nothing more, and after the
    /// agent's half-close. A sweep then calls <see cref="AbortIfAgentIsGone"/>.
    /// </summary>
    public bool IsUnwatched => _unwatched;

    public void AbortIfAgentIsGone()
    {
        if (AgentSocket.IsBroken(_agent))
        {
            Abort(RelayEnd.AgentReset);
        }
    }

    /// <summary>
    /// Whether the stream is over, by reset or in order, while the agent does not take what came before: nobody would ever
    /// learn of its stalling, since there is nothing left to read from the stream.
    /// </summary>
    public bool IsDelivering => _sending && _stream.Closed.IsCancellationRequested;

    /// <summary>Whether no byte has passed for <paramref name="limit"/>, as far as the calls of this method could see. One caller at a time.</summary>
    public bool IsIdle(TimeSpan limit, long now)
    {
        var bytes = BytesToAgent + BytesToClient;
        if (bytes != _lastBytes)
        {
            _lastBytes = bytes;
            _lastActive = now;
        }

        return _time.GetElapsedTime(_lastActive, now) >= limit;
    }

    private bool End(RelayEnd end) => Interlocked.CompareExchange(ref _end, (int)end, NotEnded) == NotEnded;

    private async Task ToClientAsync()
    {
        var output = _stream.Output;
        var idle = _pool.Rent(IdleBlock);
        try
        {
            var bulk = false;
            while (true)
            {
                int received;
                if (bulk)
                {
                    if (!AgentSocket.TryReceive(_agent, output.GetSpan(BulkBlock), out received))
                    {
                        bulk = false;
                        continue;
                    }

                    output.Advance(received);
                }
                else
                {
                    received = await _agent.ReceiveAsync(idle.Memory[..IdleBlock], SocketFlags.None);
                    output.Write(idle.Memory.Span[..received]);
                    bulk = received == IdleBlock;
                }

                if (received == 0)
                {
                    _unwatched = true;
                    await output.CompleteAsync();
                    return;
                }

                Volatile.Write(ref _toClient, _toClient + received);
                var flush = output.FlushAsync();
                _unwatched = !flush.IsCompleted;
                var result = await flush;
                _unwatched = false;
                if (result.IsCompleted)
                {
                    // The stream is over; how it ended is for the other direction to find.
                    return;
                }
            }
        }
        catch (Exception exception)
        {
            Abort(WhoseFault(exception));
        }
        finally
        {
            idle.Dispose();
        }
    }

    private async Task ToAgentAsync()
    {
        var input = _stream.Input;
        try
        {
            while (true)
            {
                var result = await input.ReadAsync();
                var buffer = result.Buffer.Length > SendSlice ? result.Buffer.Slice(0, SendSlice) : result.Buffer;
                if (!buffer.IsEmpty)
                {
                    if (_toAgent == 0)
                    {
                        Answer.Metrics?.StreamAnswered(_stream.Link.Carrier, _time.GetElapsedTime(Answer.Opened));
                    }

                    var send = SendAsync(buffer);
                    _sending = !send.IsCompleted;
                    await send;
                    _sending = false;
                    Volatile.Write(ref _toAgent, _toAgent + buffer.Length);
                }

                var last = result.IsCompleted && buffer.Length == result.Buffer.Length;
                input.AdvanceTo(buffer.End);
                if (last)
                {
                    AgentSocket.FinishSending(_agent);
                    await input.CompleteAsync();
                    return;
                }
            }
        }
        catch (Exception exception)
        {
            Abort(WhoseFault(exception));
        }
    }

    private ValueTask SendAsync(in ReadOnlySequence<byte> buffer)
    {
        if (buffer.IsSingleSegment)
        {
            return AgentSocket.SendAsync(_agent, buffer.First);
        }

        return buffer.Length <= BulkBlock ? SendJoinedAsync(buffer) : SendSegmentsAsync(buffer);
    }

    /// <summary>One call and one packet for what a peer wrote at once, though it came in several frames.</summary>
    private async ValueTask SendJoinedAsync(ReadOnlySequence<byte> buffer)
    {
        var joined = ArrayPool<byte>.Shared.Rent(BulkBlock);
        try
        {
            buffer.CopyTo(joined);
            await AgentSocket.SendAsync(_agent, joined.AsMemory(0, (int)buffer.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(joined);
        }
    }

    private async ValueTask SendSegmentsAsync(ReadOnlySequence<byte> buffer)
    {
        _pieces ??= [];
        foreach (var segment in buffer)
        {
            if (!MemoryMarshal.TryGetArray(segment, out var piece))
            {
                throw new NotSupportedException("A stream's bytes are in arrays.");
            }

            _pieces.Add(piece);
        }

        var sent = AgentSocket.TrySend(_agent, _pieces);
        _pieces.Clear();
        foreach (var segment in buffer.Slice(sent))
        {
            await AgentSocket.SendAsync(_agent, segment);
        }
    }

    private static RelayEnd WhoseFault(Exception exception) => exception is SocketException or ObjectDisposedException
        ? RelayEnd.AgentReset
        : RelayEnd.StreamReset;
}
