using System.Buffers.Binary;
using System.Text;
using McpTunnel.TestKit;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>As much HTTP/2 (RFC 9113) as it takes to ask for two hosts on one connection, which a good client never does.</summary>
internal static class RawHttp2
{
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte GoAway = 7;
    private const byte InitialWindow = 4;

    /// <summary>The last stream of a GOAWAY that takes all that is on its way (RFC 9113 section 6.8).</summary>
    public const int AllStreams = int.MaxValue;

    /// <param name="connection">A fresh connection.</param>
    /// <param name="initialWindow">What each answer's body may have on its way (RFC 9113 section 6.9.2).</param>
    public static async Task BeginAsync(Stream connection, ushort initialWindow = ushort.MaxValue)
    {
        await connection.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await connection.WriteAsync(Frame(Settings, flags: 0, stream: 0, [0, InitialWindow, 0, 0, (byte)(initialWindow >> 8), (byte)initialWindow]));
    }

    /// <summary>Sends a GET and returns the status of its answer.</summary>
    public static async Task<int> GetAsync(Stream connection, int stream, string authority, string path)
    {
        await SendGetAsync(connection, stream, authority, path);
        return (await ReadStatusesAsync(connection, 1))[stream];
    }

    public static async Task SendGetAsync(Stream connection, int stream, string authority, string path)
    {
        const byte EndStreamAndHeaders = 0x5;
        byte[] fields = [.. Field(":method", "GET"), .. Field(":scheme", "https"), .. Field(":path", path), .. Field(":authority", authority)];
        await connection.WriteAsync(Frame(Headers, EndStreamAndHeaders, stream, fields));
    }

    /// <summary>Gives a call up (RFC 9113 section 6.4).</summary>
    public static ValueTask SendResetAsync(Stream connection, int stream)
    {
        const byte Cancel = 0x8;
        return connection.WriteAsync(Frame(Reset, flags: 0, stream, [0, 0, 0, Cancel]));
    }

    /// <summary>Reads so many answers, in whatever order they come, and returns their statuses by stream.</summary>
    public static async Task<Dictionary<int, int>> ReadStatusesAsync(Stream connection, int count)
    {
        var statuses = new Dictionary<int, int>();
        while (statuses.Count < count)
        {
            if (await ReadFrameAsync(connection) is (Headers, var stream, { } fields))
            {
                statuses.Add(stream, Status(fields));
            }
        }

        return statuses;
    }

    /// <summary>Reads up to the next GOAWAY, and returns its last stream.</summary>
    public static async Task<int> ReadGoAwayAsync(Stream connection)
    {
        while (true)
        {
            if (await ReadFrameAsync(connection) is (GoAway, _, { } payload))
            {
                return BinaryPrimitives.ReadInt32BigEndian(payload);
            }
        }
    }

    /// <summary>The first field of a header block, which is ":status" (RFC 9113, 8.3): dates that follow have digits too.</summary>
    private static int Status(ReadOnlySpan<byte> fields)
    {
        // Entries 8 to 14 of the static table are whole fields (RFC 7541, appendix A); else the name is one of these, and the value three literal digits.
        ReadOnlySpan<int> known = [200, 204, 206, 304, 400, 404, 500];
        if (fields[0] is >= 0x88 and <= 0x8e)
        {
            return known[fields[0] - 0x88];
        }

        var isName = (fields[0] & 0xc0) == 0x40 ? (fields[0] & 0x3f) is >= 8 and <= 14 : (fields[0] & 0x0f) is >= 8 and <= 14;
        Assert.That((isName, fields[1]), Is.EqualTo((true, (byte)3)), "the field is a status of three digits, without Huffman's code");
        return int.Parse(fields.Slice(2, 3), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<(byte Type, int Stream, byte[] Payload)> ReadFrameAsync(Stream connection)
    {
        var head = new byte[9];
        await Eventually.EndAsync(connection.ReadExactlyAsync(head).AsTask());
        var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
        await Eventually.EndAsync(connection.ReadExactlyAsync(payload).AsTask());
        return (head[3], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[1] = (byte)(payload.Length >> 8);
        frame[2] = (byte)payload.Length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    // A literal field with a new name, never indexed, no Huffman coding.
    private static byte[] Field(string name, string value) =>
        [0x10, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
