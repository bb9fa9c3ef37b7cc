using System.Buffers;
using System.Buffers.Binary;
using System.Net;

namespace McpTunnel.Protocol.ProxyProtocol;

/// <summary>
/// Reads a PROXY protocol version 2 header from the front of a stream. It keeps no state: until the header is whole, a call looks at its first 16 bytes only.
/// Never throws. Thread-safe.
/// </summary>
public static class ProxyHeaderReader
{
    /// <summary>The longest header read, in bytes, its fixed part included; ours have at most <see cref="ProxyHeaderWriter.MaxLength"/>.</summary>
    public const int MaxLength = 4 * 1024;

    /// <summary>Looks at the bytes received so far.</summary>
    /// <param name="received">The stream's bytes, from the first.</param>
    /// <param name="header">The header, when Complete.</param>
    /// <param name="length">Its length in bytes, when Complete: the agent's bytes begin there.</param>
    public static ProxyHeaderStatus TryRead(in ReadOnlySequence<byte> received, out ProxyHeader header, out int length)
    {
        if (received.IsSingleSegment)
        {
            return TryRead(received.FirstSpan, out header, out length);
        }

        Span<byte> front = stackalloc byte[ProxyWire.FixedLength];
        front = front[..(int)Math.Min(front.Length, received.Length)];
        received.Slice(0, front.Length).CopyTo(front);
        header = default;
        var status = CheckFixedPart(front, out length);
        if (status != ProxyHeaderStatus.Complete || received.Length < length)
        {
            length = 0;
            return status == ProxyHeaderStatus.Complete ? ProxyHeaderStatus.NeedMore : status;
        }

        Span<byte> joined = stackalloc byte[length];
        received.Slice(0, length).CopyTo(joined);
        return TryRead(joined, out header, out length);
    }

    /// <inheritdoc cref="TryRead(in ReadOnlySequence{byte}, out ProxyHeader, out int)"/>
    public static ProxyHeaderStatus TryRead(ReadOnlySpan<byte> received, out ProxyHeader header, out int length)
    {
        header = default;
        var status = CheckFixedPart(received, out length);
        if (status == ProxyHeaderStatus.Complete)
        {
            status = received.Length < length ? ProxyHeaderStatus.NeedMore : ReadWhole(received[..length], out header);
        }

        if (status != ProxyHeaderStatus.Complete)
        {
            header = default;
            length = 0;
        }

        return status;
    }

    /// <summary>Judges each byte as soon as it is there; Complete when the first 16 are, with the whole header's <paramref name="length"/>.</summary>
    private static ProxyHeaderStatus CheckFixedPart(ReadOnlySpan<byte> received, out int length)
    {
        length = 0;
        var signature = ProxyWire.Signature;
        var common = Math.Min(signature.Length, received.Length);
        if (!received[..common].SequenceEqual(signature[..common]))
        {
            return ProxyHeaderStatus.NotProxyProtocol;
        }

        if (received.Length > ProxyWire.CommandOffset && received[ProxyWire.CommandOffset] is not (ProxyWire.Local or ProxyWire.Proxy))
        {
            return ProxyHeaderStatus.Unsupported;
        }

        if (received.Length > ProxyWire.FamilyOffset && received[ProxyWire.FamilyOffset] is not (ProxyWire.Unspecified or ProxyWire.Tcp4 or ProxyWire.Tcp6))
        {
            return ProxyHeaderStatus.Unsupported;
        }

        if (received.Length < ProxyWire.FixedLength)
        {
            return ProxyHeaderStatus.NeedMore;
        }

        length = ProxyWire.FixedLength + BinaryPrimitives.ReadUInt16BigEndian(received[ProxyWire.LengthOffset..]);
        return length > MaxLength ? ProxyHeaderStatus.TooLong : ProxyHeaderStatus.Complete;
    }

    private static ProxyHeaderStatus ReadWhole(ReadOnlySpan<byte> whole, out ProxyHeader header)
    {
        var isLocal = whole[ProxyWire.CommandOffset] == ProxyWire.Local;
        header = new ProxyHeader { IsLocal = isLocal };
        var rest = whole[ProxyWire.FixedLength..];
        var family = whole[ProxyWire.FamilyOffset];
        var addressLength = family switch
        {
            ProxyWire.Tcp4 => ProxyWire.Tcp4Length,
            ProxyWire.Tcp6 => ProxyWire.Tcp6Length,
            _ => 0,
        };
        if (rest.Length < addressLength)
        {
            return ProxyHeaderStatus.Malformed;
        }

        // The specification has the addresses of a LOCAL header ignored.
        if (addressLength > 0 && !isLocal)
        {
            var half = (addressLength - 4) / 2;
            header = header with
            {
                Source = new IPEndPoint(new IPAddress(rest[..half]), BinaryPrimitives.ReadUInt16BigEndian(rest[(2 * half)..])),
                Destination = new IPEndPoint(new IPAddress(rest.Slice(half, half)), BinaryPrimitives.ReadUInt16BigEndian(rest[((2 * half) + 2)..])),
            };
        }

        return ProxyTlvReader.Read(whole, ProxyWire.FixedLength + addressLength, ref header);
    }
}
