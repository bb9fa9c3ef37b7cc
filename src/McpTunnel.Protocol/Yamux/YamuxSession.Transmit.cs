namespace McpTunnel.Protocol.Yamux;

public sealed partial class YamuxSession
{
    // Frames without payload. Bounded: at most two window updates and one reset for each stream, and the floods that
    // YamuxLimits names are violations.
    private readonly Queue<YamuxHeader> _control = new();

    // Streams with something to send, served in turn, one frame each.
    private readonly Queue<YamuxStream> _line = new();

    private int _pendingPongs;
    private int _pendingRefusals;

    /// <summary>Whether <see cref="Transmit"/> would write anything into a large enough buffer.</summary>
    public bool HasOutput => _control.Count > 0 || _line.Count > 0;

    /// <summary>
    /// Gathers as many whole frames as fit, session frames first, then one data frame for each stream in turn. Returns the bytes written; 0
    /// when there is nothing to send. The buffer should hold at least <see cref="YamuxHeader.Size"/> + 1 bytes.
    /// </summary>
    public int Transmit(Span<byte> destination)
    {
        var written = WriteControl(destination);
        while (_line.Count > 0 && destination.Length - written > YamuxHeader.Size)
        {
            var stream = _line.Dequeue();
            stream.Queued = false;
            if (!stream.Removed)
            {
                written += WriteStream(stream, destination[written..]);
                QueueIfSendable(stream);
            }
        }

        return written;
    }

    private int WriteControl(Span<byte> destination)
    {
        var written = 0;
        while (destination.Length - written >= YamuxHeader.Size && _control.TryDequeue(out var header))
        {
            header.Write(destination[written..]);
            written += YamuxHeader.Size;
        }

        if (_control.Count == 0)
        {
            _pendingPongs = 0;
            _pendingRefusals = 0;
        }

        return written;
    }

    private int WriteStream(YamuxStream stream, Span<byte> destination)
    {
        var room = Math.Min(destination.Length - YamuxHeader.Size, YamuxLimits.MaxDataPayload);
        var count = (int)Math.Min(room, Math.Min(stream.Pending, stream.SendCredit));
        if (count > 0)
        {
            // FIN never rides on data: implementations exist that act on the flag before they read the payload.
            new YamuxHeader(YamuxFrameType.Data, TakeOpeningFlags(stream), stream.Id, (uint)count).Write(destination);
            stream.Handler.Fill(destination.Slice(YamuxHeader.Size, count));
            stream.Pending -= count;
            stream.SendCredit -= count;
            return YamuxHeader.Size + count;
        }

        if (stream.FinPending && stream.Pending == 0)
        {
            new YamuxHeader(YamuxFrameType.Data, TakeOpeningFlags(stream) | YamuxFlags.Fin, stream.Id, 0).Write(destination);
            stream.FinPending = false;
            stream.FinSent = true;
            RemoveIfFinishedBothWays(stream);
            return YamuxHeader.Size;
        }

        return 0;
    }

    private void QueueIfSendable(YamuxStream stream)
    {
        if (!stream.Queued && !stream.Removed && stream.Sendable)
        {
            stream.Queued = true;
            _line.Enqueue(stream);
        }

        TellIfStarved(stream);
    }

    private static void TellIfStarved(YamuxStream stream)
    {
        var starved = stream.Pending > 0 && stream.SendCredit == 0;
        if (starved != stream.Starved)
        {
            stream.Starved = starved;
            stream.Handler.OnStarved(starved);
        }
    }
}
