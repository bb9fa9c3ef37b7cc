using System.Buffers.Binary;

namespace McpTunnel.Protocol.Yamux;

/// <summary>The 12 bytes in front of every frame, big endian (yamux specification, "Framing").</summary>
/// <param name="Type">What the frame is.</param>
/// <param name="Flags">Stream and ping flags.</param>
/// <param name="StreamId">The stream; 0 is the session.</param>
/// <param name="Length">Payload bytes, a window delta, a ping's opaque value or a GOAWAY code, by type.</param>
public readonly record struct YamuxHeader(YamuxFrameType Type, YamuxFlags Flags, uint StreamId, uint Length)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 12;

    /// <summary>The only version there is.</summary>
    public const byte Version = 0;

    private const YamuxFlags KnownFlags = YamuxFlags.Syn | YamuxFlags.Ack | YamuxFlags.Fin | YamuxFlags.Rst;

    /// <summary>Reads a header from exactly <see cref="Size"/> bytes.</summary>
    public static YamuxViolation Read(ReadOnlySpan<byte> source, out YamuxHeader header)
    {
        header = new YamuxHeader(
            (YamuxFrameType)source[1],
            (YamuxFlags)BinaryPrimitives.ReadUInt16BigEndian(source[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[8..]));
        if (source[0] != Version)
        {
            return YamuxViolation.UnknownVersion;
        }

        if (header.Type > YamuxFrameType.GoAway)
        {
            return YamuxViolation.UnknownType;
        }

        return (header.Flags & ~KnownFlags) != 0 ? YamuxViolation.BadFlags : YamuxViolation.None;
    }

    /// <summary>Writes the header into the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        destination[0] = Version;
        destination[1] = (byte)Type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], StreamId);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Length);
    }
}
