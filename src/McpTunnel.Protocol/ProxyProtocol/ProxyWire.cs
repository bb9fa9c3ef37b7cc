using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace McpTunnel.Protocol.ProxyProtocol;

/// <summary>Numbers of the PROXY protocol specification, section 2.2, and our own TLVs.</summary>
internal static class ProxyWire
{
    public const int FixedLength = 16;
    public const int CommandOffset = 12;
    public const int FamilyOffset = 13;
    public const int LengthOffset = 14;
    public const int TlvHeaderLength = 3;

    public const byte Local = 0x20;
    public const byte Proxy = 0x21;

    public const byte Unspecified = 0x00;
    public const byte Tcp4 = 0x11;
    public const byte Tcp6 = 0x21;
    public const int Tcp4Length = 12;
    public const int Tcp6Length = 36;

    public const byte Authority = 0x02;
    public const byte Crc32C = 0x03;
    public const byte UniqueId = 0x05;

    // 0xE0 to 0xEF are for applications. 0xE0, 0xEA and 0xEE are left out: cloud load balancers use them, and captures are easier to read without doubt.
    public const byte EdgeNode = 0xE6;
    public const byte AgentPlatform = 0xE7;

    public const int ChecksumLength = 4;

    /// <summary>Of the specification.</summary>
    public const int MaxUniqueIdLength = 128;

    public const int MaxEdgeNodeLength = 128;

    /// <summary>Room for a distinguished name or a URI of a workload.</summary>
    public const int MaxAgentPlatformLength = 1024;

    /// <summary>Printable ASCII without space: safe in logs and headers as it stands.</summary>
    public static readonly SearchValues<byte> Printable = SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(c => (byte)c)]);

    public static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>CRC-32C (Castagnoli, RFC 4960 appendix B) over <paramref name="header"/>, whose checksum bytes must be zero.</summary>
    public static uint Checksum(ReadOnlySpan<byte> header)
    {
        var crc = uint.MaxValue;
        for (; header.Length >= sizeof(ulong); header = header[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(header));
        }

        foreach (var value in header)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
