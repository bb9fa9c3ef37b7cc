using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using McpTunnel.Protocol.ClientHello;

namespace McpTunnel.Protocol.ProxyProtocol;

/// <summary>Writes PROXY protocol version 2 headers. It allocates nothing: it runs once for each agent connection. Thread-safe.</summary>
public static class ProxyHeaderWriter
{
    /// <summary>The longest header ever written, in bytes: a destination of this length is always enough.</summary>
    public const int MaxLength =
        ProxyWire.FixedLength + ProxyWire.Tcp6Length + (5 * ProxyWire.TlvHeaderLength)
        + HostName.MaxLength + ProxyWire.MaxUniqueIdLength + ProxyWire.MaxEdgeNodeLength + ProxyWire.MaxAgentPlatformLength + ProxyWire.ChecksumLength;

    /// <summary>Writes <paramref name="header"/>; returns the number of bytes.</summary>
    /// <param name="header">What to write. IPv4 addresses that came mapped into IPv6 are written as IPv4.</param>
    /// <param name="destination">At least as long as the header; <see cref="MaxLength"/> always is.</param>
    /// <param name="checksum">
    /// Adds PP2_TYPE_CRC32C. Not needed inside a link, whose TLS already protects every byte.
    /// </param>
    /// <exception cref="ArgumentException">A field breaks its bounds, or <paramref name="destination"/> is too short.</exception>
    public static int Write(in ProxyHeader header, Span<byte> destination, bool checksum = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, ProxyWire.FixedLength, nameof(destination));
        ProxyWire.Signature.CopyTo(destination);
        destination[ProxyWire.CommandOffset] = header.IsLocal ? ProxyWire.Local : ProxyWire.Proxy;
        var length = ProxyWire.FixedLength + WriteAddresses(header, destination);
        length += WriteText(destination[length..], ProxyWire.Authority, header.Authority, HostName.MaxLength, nameof(header.Authority));
        length += WriteText(destination[length..], ProxyWire.UniqueId, header.UniqueId, ProxyWire.MaxUniqueIdLength, nameof(header.UniqueId));
        length += WriteText(destination[length..], ProxyWire.EdgeNode, header.EdgeNode, ProxyWire.MaxEdgeNodeLength, nameof(header.EdgeNode));
        length += WriteText(destination[length..], ProxyWire.AgentPlatform, header.AgentPlatform, ProxyWire.MaxAgentPlatformLength, nameof(header.AgentPlatform));

        var checksumOffset = length + ProxyWire.TlvHeaderLength;
        if (checksum)
        {
            var tlv = destination.Slice(length, ProxyWire.TlvHeaderLength + ProxyWire.ChecksumLength);
            tlv.Clear();
            WriteTlvHeader(tlv, ProxyWire.Crc32C, ProxyWire.ChecksumLength);
            length += tlv.Length;
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination[ProxyWire.LengthOffset..], (ushort)(length - ProxyWire.FixedLength));
        if (checksum)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination[checksumOffset..], ProxyWire.Checksum(destination[..length]));
        }

        return length;
    }

    private static int WriteAddresses(in ProxyHeader header, Span<byte> destination)
    {
        if (header.IsLocal || header.Source is not { } from)
        {
            destination[ProxyWire.FamilyOffset] = ProxyWire.Unspecified;
            return 0;
        }

        var to = header.Destination;
        var half = IsIPv4(from.Address) && (to is null || IsIPv4(to.Address)) ? 4 : 16;
        destination[ProxyWire.FamilyOffset] = half == 4 ? ProxyWire.Tcp4 : ProxyWire.Tcp6;
        var block = destination.Slice(ProxyWire.FixedLength, (2 * half) + 4);
        block.Clear();
        WriteAddress(from.Address, block[..half]);
        BinaryPrimitives.WriteUInt16BigEndian(block[(2 * half)..], (ushort)from.Port);
        if (to is not null)
        {
            WriteAddress(to.Address, block.Slice(half, half));
            BinaryPrimitives.WriteUInt16BigEndian(block[((2 * half) + 2)..], (ushort)to.Port);
        }

        return block.Length;
    }

    private static bool IsIPv4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6;

    /// <summary>Without <see cref="IPAddress.MapToIPv4"/> and its opposite, which allocate.</summary>
    private static void WriteAddress(IPAddress address, Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        if (written <= destination.Length)
        {
            // An IPv4 address among IPv6 ones is mapped: ten zeros, two 0xFF, the address (RFC 4291 section 2.5.5.2).
            bytes[..written].CopyTo(destination[^written..]);
            if (written < destination.Length)
            {
                destination.Slice(10, 2).Fill(0xFF);
            }
        }
        else
        {
            bytes[^destination.Length..].CopyTo(destination);
        }
    }

    private static int WriteText(Span<byte> destination, byte type, string? text, int most, string field)
    {
        if (text is null)
        {
            return 0;
        }

        var value = destination[ProxyWire.TlvHeaderLength..];
        if (!Encoding.UTF8.TryGetBytes(text, value[..Math.Min(value.Length, most)], out var length) || !IsValid(type, value[..length]))
        {
            throw new ArgumentException($"A PROXY header cannot hold this {field}: it must fit into {most} bytes of the allowed characters.", field);
        }

        return WriteTlvHeader(destination, type, length) + length;
    }

    private static bool IsValid(byte type, ReadOnlySpan<byte> value) => type switch
    {
        ProxyWire.Authority => HostName.IsValid(value),
        ProxyWire.AgentPlatform => ProxyTlvReader.IsText(value, ProxyWire.MaxAgentPlatformLength),
        _ => ProxyTlvReader.IsPrintable(value, value.Length),
    };

    private static int WriteTlvHeader(Span<byte> destination, byte type, int length)
    {
        destination[0] = type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)length);
        return ProxyWire.TlvHeaderLength;
    }
}
