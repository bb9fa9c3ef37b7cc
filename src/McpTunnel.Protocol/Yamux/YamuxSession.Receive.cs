namespace McpTunnel.Protocol.Yamux;

public sealed partial class YamuxSession
{
    private readonly byte[] _partialHeader = new byte[YamuxHeader.Size];
    private int _partialHeaderLength;

    // The data frame whose payload is arriving. A null stream means the payload is for one that is gone, and is dropped.
    private uint _payloadLeft;
    private YamuxStream? _payloadStream;
    private bool _finAfterPayload;
    private YamuxViolation _violation;

    /// <summary>
    /// Takes bytes off the wire, in any split. Returns how the peer broke the protocol, if it did: the session is over then, and the same answer
    /// is given for ever.
    /// </summary>
    public YamuxViolation Receive(ReadOnlySpan<byte> bytes)
    {
        while (_violation == YamuxViolation.None && !bytes.IsEmpty)
        {
            if (_payloadLeft > 0)
            {
                bytes = ReceivePayload(bytes);
                continue;
            }

            if (_partialHeaderLength == 0 && bytes.Length >= YamuxHeader.Size)
            {
                _violation = ReceiveHeader(bytes[..YamuxHeader.Size]);
                bytes = bytes[YamuxHeader.Size..];
                continue;
            }

            var part = Math.Min(YamuxHeader.Size - _partialHeaderLength, bytes.Length);
            bytes[..part].CopyTo(_partialHeader.AsSpan(_partialHeaderLength));
            _partialHeaderLength += part;
            bytes = bytes[part..];
            if (_partialHeaderLength == YamuxHeader.Size)
            {
                _partialHeaderLength = 0;
                _violation = ReceiveHeader(_partialHeader);
            }
        }

        return _violation;
    }

    private ReadOnlySpan<byte> ReceivePayload(ReadOnlySpan<byte> bytes)
    {
        var count = (int)Math.Min(_payloadLeft, (uint)bytes.Length);
        _payloadLeft -= (uint)count;
        if (_payloadStream is { Removed: false } stream)
        {
            stream.Handler.OnData(bytes[..count]);
        }

        if (_payloadLeft == 0)
        {
            EndPayload();
        }

        return bytes[count..];
    }

    private void EndPayload()
    {
        if (_payloadStream is { Removed: false } stream && _finAfterPayload)
        {
            PeerFinish(stream);
        }

        _payloadStream = null;
        _finAfterPayload = false;
    }

    private YamuxViolation ReceiveHeader(ReadOnlySpan<byte> bytes)
    {
        var violation = YamuxHeader.Read(bytes, out var header);
        if (violation != YamuxViolation.None)
        {
            return violation;
        }

        return header.Type switch
        {
            YamuxFrameType.Ping => ReceivePing(header),
            YamuxFrameType.GoAway => ReceiveGoAway(header),
            _ => ReceiveStreamFrame(header),
        };
    }

    private YamuxViolation ReceivePing(YamuxHeader header)
    {
        if (header.StreamId != 0)
        {
            return YamuxViolation.BadStreamId;
        }

        switch (header.Flags)
        {
            case YamuxFlags.Syn when ++_pendingPongs > YamuxLimits.MaxPendingPongs:
                return YamuxViolation.PingFlood;
            case YamuxFlags.Syn:
                _control.Enqueue(header with { Flags = YamuxFlags.Ack });
                return YamuxViolation.None;
            case YamuxFlags.Ack:
                _handler.OnPong(header.Length);
                return YamuxViolation.None;
            default:
                return YamuxViolation.BadFlags;
        }
    }

    private YamuxViolation ReceiveGoAway(YamuxHeader header)
    {
        if (header.StreamId != 0)
        {
            return YamuxViolation.BadStreamId;
        }

        PeerGoingAway = true;
        _handler.OnGoAway(header.Length);
        return YamuxViolation.None;
    }

    private YamuxViolation ReceiveStreamFrame(YamuxHeader header)
    {
        if (header.StreamId == 0)
        {
            return YamuxViolation.BadStreamId;
        }

        if ((header.Flags & YamuxFlags.Syn) != 0)
        {
            var violation = ReceiveSyn(header);
            if (violation != YamuxViolation.None)
            {
                return violation;
            }
        }

        if (!_streams.TryGetValue(header.StreamId, out var stream))
        {
            return ReceiveForMissing(header);
        }

        if ((header.Flags & YamuxFlags.Rst) != 0)
        {
            // A payload beside RST has no reader.
            BeginPayload(header, null);
            stream.Handler.OnPeerReset();
            Remove(stream);
            return YamuxViolation.None;
        }

        return header.Type == YamuxFrameType.Data ? ReceiveData(stream, header) : ReceiveWindowUpdate(stream, header);
    }

    private YamuxViolation ReceiveSyn(YamuxHeader header)
    {
        if ((header.StreamId & 1) == _ownParity)
        {
            return YamuxViolation.WrongParity;
        }

        if (_streams.ContainsKey(header.StreamId))
        {
            return YamuxViolation.DuplicateStream;
        }

        // Ids need not rise: a peer that opens streams on several threads may send their first frames out of order.
        var stream = new YamuxStream(header.StreamId, openedHere: false);
        if (_goAwaySent || _inboundStreams >= _maxInboundStreams || _handler.OnStreamOpened(stream) is not { } handler)
        {
            RefusedStreams++;
            _control.Enqueue(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, header.StreamId, 0));
            return ++_pendingRefusals > YamuxLimits.MaxPendingRefusals ? YamuxViolation.StreamFlood : YamuxViolation.None;
        }

        stream.Handler = handler;
        _streams.Add(stream.Id, stream);
        _inboundStreams++;
        return YamuxViolation.None;
    }

    /// <summary>Frames for a stream that is gone crossed our reset on the way: they are dropped. Ours that never was is a lie.</summary>
    private YamuxViolation ReceiveForMissing(YamuxHeader header)
    {
        if ((header.StreamId & 1) == _ownParity && header.StreamId >= _nextId)
        {
            return YamuxViolation.NeverOpened;
        }

        BeginPayload(header, null);
        return YamuxViolation.None;
    }

    private YamuxViolation ReceiveData(YamuxStream stream, YamuxHeader header)
    {
        if (header.Length > 0 && stream.PeerFinished)
        {
            return YamuxViolation.DataAfterFin;
        }

        if (header.Length > stream.ReceiveCredit)
        {
            return YamuxViolation.WindowOverrun;
        }

        stream.ReceiveCredit -= header.Length;
        BeginPayload(header, stream);
        return YamuxViolation.None;
    }

    private YamuxViolation ReceiveWindowUpdate(YamuxStream stream, YamuxHeader header)
    {
        if (stream.SendCredit + header.Length > uint.MaxValue)
        {
            return YamuxViolation.WindowOverflow;
        }

        stream.SendCredit += header.Length;
        QueueIfSendable(stream);
        if ((header.Flags & YamuxFlags.Fin) != 0)
        {
            PeerFinish(stream);
        }

        return YamuxViolation.None;
    }

    private void BeginPayload(YamuxHeader header, YamuxStream? stream)
    {
        if (header.Type != YamuxFrameType.Data)
        {
            return;
        }

        _payloadLeft = header.Length;
        _payloadStream = stream;
        _finAfterPayload = (header.Flags & YamuxFlags.Fin) != 0;
        if (_payloadLeft == 0)
        {
            EndPayload();
        }
    }

    private void PeerFinish(YamuxStream stream)
    {
        if (!stream.PeerFinished)
        {
            stream.PeerFinished = true;
            stream.Handler.OnPeerFinished();
            RemoveIfFinishedBothWays(stream);
        }
    }
}
