using System.Text;

namespace McpTunnel.UnitTests.Protocol.ClientHello;

/// <summary>Builds ClientHellos by hand, good and bad.</summary>
internal sealed class ClientHelloBuilder
{
    private readonly List<byte[]> _extensions = [];

    /// <summary>What stands in front of the extensions: version, random, session id, cipher suites (GREASE first), compression methods.</summary>
    public byte[] Front { get; set; } =
        [3, 3, .. new byte[32], 32, .. new byte[32], 0, 6, 0x8A, 0x8A, 0x13, 0x01, 0x13, 0x02, 1, 0];

    /// <summary>False leaves the whole block away, as clients before TLS 1.2 may.</summary>
    public bool HasExtensions { get; set; } = true;

    public static ClientHelloBuilder For(string serverName) => new ClientHelloBuilder().ServerName(serverName).Protocols("h2", "http/1.1");

    public ClientHelloBuilder Extension(ushort type, params byte[] data)
    {
        _extensions.Add([.. UInt16(type), .. UInt16(data.Length), .. data]);
        return this;
    }

    public ClientHelloBuilder ServerName(string name) => ServerNames((0, Encoding.Latin1.GetBytes(name)));

    public ClientHelloBuilder ServerNames(params (byte Type, byte[] Name)[] names) =>
        Extension(0, Vector16([.. names.SelectMany(n => new[] { n.Type }.Concat(Vector16(n.Name)))]));

    public ClientHelloBuilder Protocols(params string[] names) =>
        Extension(16, Vector16([.. names.SelectMany(n => new[] { (byte)n.Length }.Concat(Encoding.Latin1.GetBytes(n)))]));

    /// <summary>An unknown extension that makes the message exactly <paramref name="length"/> bytes long.</summary>
    public ClientHelloBuilder PadTo(int length)
    {
        const int ExtensionHeader = 4;
        var missing = length - Message().Length;
        for (; missing > ushort.MaxValue - 1000; missing = length - Message().Length)
        {
            Extension((ushort)(0x5000 + _extensions.Count), new byte[30_000]);
        }

        return Extension(0x4FFF, new byte[missing - ExtensionHeader]);
    }

    /// <summary>The handshake message.</summary>
    public byte[] Message()
    {
        byte[] body = HasExtensions ? [.. Front, .. Vector16([.. _extensions.SelectMany(e => e)])] : Front;
        return [1, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];
    }

    /// <summary>The message in records of at most <paramref name="fragment"/> bytes.</summary>
    public byte[] Records(int fragment = 16 * 1024) => [.. Message().Chunk(fragment).SelectMany(Record)];

    public static byte[] Record(byte[] fragment) => [22, 3, 1, .. UInt16(fragment.Length), .. fragment];

    public static byte[] Vector16(byte[] bytes) => [.. UInt16(bytes.Length), .. bytes];

    private static byte[] UInt16(int value) => [(byte)(value >> 8), (byte)value];
}
