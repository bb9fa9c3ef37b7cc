using System.Buffers.Binary;
using System.Text;

namespace McpTunnel.IntegrationTests.Edge;

/// <summary>ClientHellos of a chosen length, as no TLS library makes them.</summary>
internal static class ClientHellos
{
    private const int MaxFragment = 1 << 14;

    /// <summary>A hello whose handshake message, header included, is exactly <paramref name="messageLength"/> long, in full records.</summary>
    public static byte[] Padded(string serverName, int messageLength)
    {
        var name = Encoding.ASCII.GetBytes(serverName);
        var fixedPart = new List<byte>([3, 3]);
        fixedPart.AddRange(new byte[32]);
        fixedPart.AddRange([0, 0, 2, 0x13, 0x01, 1, 0]);

        var sni = new List<byte>([0, 0]);
        sni.AddRange(UInt16(name.Length + 5));
        sni.AddRange(UInt16(name.Length + 3));
        sni.Add(0);
        sni.AddRange(UInt16(name.Length));
        sni.AddRange(name);

        // RFC 7685: the padding extension takes up the rest; a second, unknown one where one cannot.
        var extensions = messageLength - 4 - fixedPart.Count - 2;
        var padding = extensions - sni.Count - 4;
        var body = new List<byte>(fixedPart);
        body.AddRange(UInt16(extensions));
        body.AddRange(sni);
        body.AddRange([0, 21]);
        body.AddRange(UInt16(padding));
        body.AddRange(new byte[padding]);

        var message = new List<byte>([1, (byte)(body.Count >> 16), (byte)(body.Count >> 8), (byte)body.Count]);
        message.AddRange(body);
        var records = new List<byte>();
        foreach (var fragment in message.Chunk(MaxFragment))
        {
            records.AddRange([22, 3, 1]);
            records.AddRange(UInt16(fragment.Length));
            records.AddRange(fragment);
        }

        return [.. records];
    }

    private static byte[] UInt16(int value)
    {
        var bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, checked((ushort)value));
        return bytes;
    }
}
