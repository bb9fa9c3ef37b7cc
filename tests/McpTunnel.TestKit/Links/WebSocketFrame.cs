using System.Buffers.Binary;

namespace McpTunnel.TestKit.Links;

/// <summary>Frames of RFC 6455 section 5.2 as bytes, also such as no good peer sends.</summary>
public static class WebSocketFrame
{
    public const byte Continuation = 0x0;
    public const byte Text = 0x1;
    public const byte Binary = 0x2;
    public const byte Close = 0x8;
    public const byte Ping = 0x9;

    private static readonly byte[] Key = [0x11, 0x22, 0x33, 0x44];

    /// <param name="opcode">What it is.</param>
    /// <param name="payload">What it carries.</param>
    /// <param name="final">Whether its message ends here.</param>
    /// <param name="masked">As a client's frames must be and an edge's must not.</param>
    /// <param name="reserved">The three reserved bits, which no extension of ours uses.</param>
    public static byte[] Of(byte opcode, ReadOnlySpan<byte> payload, bool final = true, bool masked = true, byte reserved = 0)
    {
        var bytes = new List<byte> { (byte)((final ? 0x80 : 0) | (reserved << 4) | opcode) };
        var mask = masked ? 0x80 : 0;
        if (payload.Length < 126)
        {
            bytes.Add((byte)(mask | payload.Length));
        }
        else
        {
            var length = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
            bytes.Add((byte)(mask | (payload.Length <= ushort.MaxValue ? 126 : 127)));
            bytes.AddRange(payload.Length <= ushort.MaxValue ? length[6..] : length);
        }

        if (masked)
        {
            bytes.AddRange(Key);
        }

        for (var i = 0; i < payload.Length; i++)
        {
            bytes.Add((byte)(masked ? payload[i] ^ Key[i % Key.Length] : payload[i]));
        }

        return [.. bytes];
    }
}
