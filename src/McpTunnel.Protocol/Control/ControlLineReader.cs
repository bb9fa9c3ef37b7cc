using System.Buffers;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Protocol.Control;

/// <summary>
/// Splits the control stream into lines and parses them. It remembers what it has searched, so a line that comes byte by byte is searched once.
/// One reader for each control stream; not thread-safe.
/// </summary>
/// <example><code>
/// var result = await input.ReadAsync(cancellationToken);
/// var buffer = result.Buffer;
/// while (reader.TryRead(ref buffer, out var read)) { … }
/// input.AdvanceTo(buffer.Start, buffer.End);
/// </code></example>
public sealed class ControlLineReader
{
    private const byte LineFeed = (byte)'\n';

    private long _searched;
    private bool _failed;

    /// <summary>
    /// Takes the next line off the front of <paramref name="buffer"/>; false when it needs more bytes. A problem is given once and is final: from
    /// then on everything is taken and nothing is read.
    /// </summary>
    /// <param name="buffer">All bytes not taken yet; what is not taken must be given again, with what has come since.</param>
    /// <param name="read">What the line was.</param>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, out ControlRead read)
    {
        if (_failed)
        {
            buffer = buffer.Slice(buffer.End);
            read = default;
            return false;
        }

        var end = buffer.Slice(_searched).PositionOf(LineFeed);
        var length = end is { } position ? buffer.Slice(0, position).Length : buffer.Length;
        if (length > ControlLimits.MaxLineLength)
        {
            read = ControlRead.Failed(TunnelCode.MessageTooLong, $"A control message is longer than {ControlLimits.MaxLineLength} bytes.");
            _failed = true;
            return true;
        }

        if (end is null)
        {
            _searched = length;
            read = default;
            return false;
        }

        read = Parse(buffer.Slice(0, length));
        _failed = read.Problem is not null;
        buffer = buffer.Slice(length + 1);
        _searched = 0;
        return true;
    }

    private static ControlRead Parse(ReadOnlySequence<byte> line)
    {
        if (line.IsSingleSegment)
        {
            return ControlParser.Parse(line.FirstSpan);
        }

        var length = (int)line.Length;
        var joined = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            line.CopyTo(joined);
            return ControlParser.Parse(joined.AsSpan(0, length));
        }
        finally
        {
            // A hello holds the token.
            ArrayPool<byte>.Shared.Return(joined, clearArray: true);
        }
    }
}
