using System.Buffers;

namespace McpTunnel.Protocol.ClientHello;

/// <summary>
/// Reads one TLS ClientHello (RFC 8446 section 4.1.2) from the first bytes of a connection, without answering it: through
/// any split into reads, and any split of the handshake message into records (section 5.1). It remembers how far it
/// has come, so feeding single bytes costs no more than feeding all at once. One reader for each connection; not thread-safe.
/// </summary>
/// <example><code>
/// var reader = new ClientHelloReader();
/// do { length += await socket.ReceiveAsync(buffer[length..]); }
/// while ((status = reader.TryRead(buffer.Span[..length], out info)) == ClientHelloStatus.NeedMore);
/// </code></example>
public sealed class ClientHelloReader
{
    /// <summary>
    /// The longest handshake message read, its header of 4 bytes included. Browsers with post-quantum key shares send
    /// 2 KiB; resumption tickets and encrypted hellos add a few more.
    /// </summary>
    public const int MaxMessageLength = 64 * 1024;

    /// <summary>
    /// The most bytes ever looked at, record headers included: a buffer of this size is always enough. The excess over
    /// <see cref="MaxMessageLength"/> pays for the headers of messages cut into many small records.
    /// </summary>
    public const int MaxBytes = MaxMessageLength + (8 * 1024);

    private const int RecordHeaderLength = 5;
    private const int MessageHeaderLength = 4;

    /// <summary>RFC 8446 section 5.1: a plaintext fragment is at most 2^14 bytes.</summary>
    private const int MaxFragmentLength = 1 << 14;

    private const byte FirstContentType = 20;
    private const byte LastContentType = 24;
    private const byte HandshakeContentType = 22;
    private const byte MajorVersion = 3;
    private const byte ClientHelloType = 1;

    /// <summary>Where the record that is being received begins.</summary>
    private int _recordStart;

    /// <summary>Bytes of the handshake message in the records before that one.</summary>
    private int _collected;

    /// <summary>The whole handshake message's length; 0 until its header is there.</summary>
    private int _messageLength;

    private int _header;
    private int _headerBytes;
    private ClientHelloStatus _status;
    private ClientHelloInfo? _info;

    /// <summary>Looks at the bytes received so far. Never throws; a final answer is repeated by later calls.</summary>
    /// <param name="received">Everything received since the connection began, from its first byte.</param>
    /// <param name="info">What the hello says, for Complete and NoServerName; else null.</param>
    public ClientHelloStatus TryRead(ReadOnlySpan<byte> received, out ClientHelloInfo? info)
    {
        if (_status == ClientHelloStatus.NeedMore)
        {
            var allowed = received[..Math.Min(received.Length, MaxBytes)];
            _status = ReadRecords(allowed);
            if (_status == ClientHelloStatus.NeedMore && allowed.Length == MaxBytes)
            {
                _status = ClientHelloStatus.TooLarge;
            }
        }

        info = _info;
        return _status;
    }

    private ClientHelloStatus ReadRecords(ReadOnlySpan<byte> received)
    {
        while (true)
        {
            var record = received[_recordStart..];
            var status = CheckRecordHeader(record, out var fragmentLength);
            if (status != ClientHelloStatus.Complete)
            {
                return status;
            }

            var fragment = record[RecordHeaderLength..];
            fragment = fragment[..Math.Min(fragment.Length, fragmentLength)];
            status = CheckMessageHeader(fragment);
            if (status != ClientHelloStatus.Complete)
            {
                if (status != ClientHelloStatus.NeedMore || fragment.Length < fragmentLength)
                {
                    return status;
                }
            }
            else if (_collected + fragment.Length >= _messageLength)
            {
                return ReadMessage(received);
            }
            else if (fragment.Length < fragmentLength)
            {
                return ClientHelloStatus.NeedMore;
            }

            _collected += fragmentLength;
            _recordStart += RecordHeaderLength + fragmentLength;
        }
    }

    /// <summary>Judges each byte of the header as soon as it is there: an HTTP client need not send five to be told off.</summary>
    private ClientHelloStatus CheckRecordHeader(ReadOnlySpan<byte> record, out int fragmentLength)
    {
        fragmentLength = 0;
        if (record.Length > 0 && record[0] is < FirstContentType or > LastContentType)
        {
            return _recordStart == 0 ? ClientHelloStatus.NotTls : ClientHelloStatus.Malformed;
        }

        if (record.Length > 1 && record[1] != MajorVersion)
        {
            return _recordStart == 0 ? ClientHelloStatus.NotTls : ClientHelloStatus.Malformed;
        }

        if (record.Length > 1 && record[0] != HandshakeContentType)
        {
            return ClientHelloStatus.Malformed;
        }

        if (record.Length < RecordHeaderLength)
        {
            return ClientHelloStatus.NeedMore;
        }

        // The minor version is not looked at: RFC 8446 section 5.1 says it must be ignored for all purposes.
        fragmentLength = (record[3] << 8) | record[4];
        return fragmentLength is 0 or > MaxFragmentLength ? ClientHelloStatus.Malformed : ClientHelloStatus.Complete;
    }

    /// <summary>Collects type and length of the handshake message, which themselves may be spread over records.</summary>
    private ClientHelloStatus CheckMessageHeader(ReadOnlySpan<byte> fragment)
    {
        while (_headerBytes < MessageHeaderLength)
        {
            var index = _headerBytes - _collected;
            if (index >= fragment.Length)
            {
                return ClientHelloStatus.NeedMore;
            }

            _header = (_header << 8) | fragment[index];
            _headerBytes++;
            if (_headerBytes == 1 && _header != ClientHelloType)
            {
                return ClientHelloStatus.Malformed;
            }
        }

        _messageLength = MessageHeaderLength + (_header & 0xFFFFFF);
        return _messageLength > MaxMessageLength ? ClientHelloStatus.TooLarge : ClientHelloStatus.Complete;
    }

    private ClientHelloStatus ReadMessage(ReadOnlySpan<byte> received)
    {
        if (_recordStart == 0)
        {
            var message = received.Slice(RecordHeaderLength, _messageLength);
            return ClientHelloParser.Parse(message[MessageHeaderLength..], out _info);
        }

        var joined = ArrayPool<byte>.Shared.Rent(_messageLength);
        try
        {
            var length = 0;
            for (var start = 0; length < _messageLength;)
            {
                var fragmentLength = (received[start + 3] << 8) | received[start + 4];
                var take = Math.Min(fragmentLength, _messageLength - length);
                received.Slice(start + RecordHeaderLength, take).CopyTo(joined.AsSpan(length));
                length += take;
                start += RecordHeaderLength + fragmentLength;
            }

            return ClientHelloParser.Parse(joined.AsSpan(MessageHeaderLength, _messageLength - MessageHeaderLength), out _info);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(joined);
        }
    }
}
