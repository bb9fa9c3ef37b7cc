using System.Buffers;
using System.Net.Sockets;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Yamux;

namespace McpTunnel.Transport.Multiplexing;

/// <content>The two loops: the only reader and the only writer of the carrier.</content>
internal sealed partial class MuxConnection
{
    /// <summary>Above the time after which a live peer asks, below the one after which the kernel gives up.</summary>
    private static readonly TimeSpan HeardLately = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Starts the write loop, as an item at the end of the thread pool's queue and not in place: under load, everything that is ready to run
    /// before it adds its frames, so that one TLS record and one system call carry many calls. Under the lock.
    /// </summary>
    private void ScheduleWriter()
    {
        if (!_writing && _closure is null && _session.HasOutput)
        {
            _writing = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private async Task WriteLoopAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(WriteBufferSize);
        try
        {
            int count;
            while ((count = Gather(buffer)) > 0)
            {
                Volatile.Write(ref _writeStarted, _time.GetTimestamp());
                await _carrier.WriteAsync(buffer.AsMemory(0, count), _stopping.Token);
                Volatile.Write(ref _writeStarted, 0);
            }
        }
        catch (Exception e) when (IsCarrierFailure(e))
        {
            Abort(new LinkClosure(CodeOf(e), $"Writing to the carrier failed: {e.Message}{Hint(e)}", ByPeer: false));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private int Gather(byte[] buffer)
    {
        lock (_lock)
        {
            var count = _closure is null ? _session.Transmit(buffer.AsSpan(0, WriteBufferSize)) : 0;
            if (count == 0)
            {
                _writing = false;
                _idle?.TrySetResult();
                _idle = null;
            }

            return count;
        }
    }

    private async Task ReadLoopAsync()
    {
        try
        {
            int count;
            do
            {
                // Waits without a buffer, so that an idle link holds none.
                _ = await _carrier.ReadAsync(Memory<byte>.Empty, _stopping.Token);
                count = await ReadAvailableAsync();
            }
            while (count > 0);
            Abort(new LinkClosure(TunnelCode.TransportError, "The peer closed the carrier.", ByPeer: true));
        }
        catch (YamuxException e)
        {
            await RefusePeerAsync(e.Violation);
        }
        catch (Exception e) when (IsCarrierFailure(e))
        {
            Abort(new LinkClosure(CodeOf(e), $"Reading from the carrier failed: {e.Message}{Hint(e)}", ByPeer: true));
        }
    }

    /// <summary>
    /// Reads what is there. As long as that is much, there is probably more: readers are woken once for several reads then, but never kept waiting
    /// for bytes that are not here. Returns 0 at the carrier's end.
    /// </summary>
    private async ValueTask<int> ReadAvailableAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBufferSize);
        try
        {
            var unflushed = 0;
            while (true)
            {
                var reading = _carrier.ReadAsync(buffer, _stopping.Token);
                if (unflushed > 0 && !reading.IsCompleted)
                {
                    FlushReceived();
                    unflushed = 0;
                }

                var count = await reading;
                if (count > 0)
                {
                    Volatile.Write(ref _lastReceived, _time.GetTimestamp());
                    Receive(buffer.AsSpan(0, count));
                    unflushed += count;
                }

                if (count < BulkRead || unflushed >= FlushAfter)
                {
                    FlushReceived();
                    unflushed = 0;
                }

                if (HoldStreams && !_linked.Task.IsCompleted && _accepted.Reader.Count > 0)
                {
                    FlushReceived();
                    unflushed = 0;
                    await _linked.Task.WaitAsync(_stopping.Token);
                }

                if (count < BulkRead)
                {
                    return count;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Receive(ReadOnlySpan<byte> bytes)
    {
        YamuxViolation violation;
        lock (_lock)
        {
            if (_closure is not null)
            {
                return;
            }

            var refused = _session.RefusedStreams;
            violation = _session.Receive(bytes);
            if (_session.RefusedStreams != refused)
            {
                TransportMetrics.StreamRefused(TunnelCode.StreamLimit, _session.RefusedStreams - refused);
            }

            ReturnDiscarded();
            KeepToBudget();
            ScheduleWriter();
        }

        if (violation != YamuxViolation.None)
        {
            FlushReceived();
            throw new YamuxException(violation);
        }
    }

    /// <summary>Credit for bytes that nobody reads goes straight back, so that the peer can reach its end. Under the lock.</summary>
    private void ReturnDiscarded()
    {
        foreach (var stream in _received)
        {
            if (stream.Discarded > 0)
            {
                _session.Consumed(stream.Yamux!, stream.Discarded);
                stream.Discarded = 0;
            }
        }
    }

    /// <summary>Where all links together hold too much, the stream of this one that leaves most unread ends: whoever reads what he gets is not that one. Under the lock.</summary>
    private void KeepToBudget()
    {
        if (Buffers is not { IsUsedUp: true })
        {
            return;
        }

        var most = _session.Streams.Select(stream => (MuxStream)stream.Handler).MaxBy(stream => stream.Unread);
        if (most is { Unread: > BufferBudget.Share })
        {
            TransportMetrics.StreamRefused(TunnelCode.StreamLimit);
            most.Fail();
            most.LetGoOfUnread();
            _session.Reset(most.Yamux!);
        }
    }

    /// <summary>
    /// Wakes the readers of this batch, outside the lock: at the edge they run here and now. Only the read loop touches the list.
    /// </summary>
    private void FlushReceived()
    {
        ReadLoopScheduler.RunInline(
            static received =>
            {
                foreach (var stream in received)
                {
                    stream.FlushReceived();
                }
            },
            _received);
        _received.Clear();
    }

    private async Task RefusePeerAsync(YamuxViolation violation)
    {
        TransportMetrics.ProtocolViolated(violation.ToString());
        GoAway(YamuxGoAwayCode.ProtocolError);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1), _time);
        try
        {
            await FlushAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // A peer that broke the protocol need not read why.
        }

        var code = violation is YamuxViolation.WindowOverrun or YamuxViolation.WindowOverflow
            ? TunnelCode.FlowControlError
            : TunnelCode.ProtocolError;
        Abort(new LinkClosure(code, $"The peer broke yamux: {violation}.", ByPeer: false));
    }

    /// <summary>The kernel gives up on bytes that are never acknowledged. If the peer was heard meanwhile, small packets pass.</summary>
    private string Hint(Exception failure) =>
        failure.InnerException is SocketException { SocketErrorCode: SocketError.TimedOut } && _time.GetElapsedTime(LastReceived) < HeardLately
            ? " What was sent was not acknowledged, though the other side was heard: are packets of full size lost on the way (MTU)?"
            : "";

    private static TunnelCode CodeOf(Exception failure) => (failure as CarrierException)?.Code ?? TunnelCode.TransportError;
}
