using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using McpTunnel.Protocol.ClientHello;

namespace McpTunnel.Protocol.ProxyProtocol;

/// <summary>Reads the TLVs behind the addresses. Types that are not known here are passed over, as the specification asks.</summary>
internal static class ProxyTlvReader
{
    public static ProxyHeaderStatus Read(ReadOnlySpan<byte> whole, int offset, ref ProxyHeader header)
    {
        var checksumOffset = 0;
        while (offset < whole.Length)
        {
            if (whole.Length - offset < ProxyWire.TlvHeaderLength)
            {
                return ProxyHeaderStatus.Malformed;
            }

            var type = whole[offset];
            var length = BinaryPrimitives.ReadUInt16BigEndian(whole[(offset + 1)..]);
            offset += ProxyWire.TlvHeaderLength;
            if (whole.Length - offset < length)
            {
                return ProxyHeaderStatus.Malformed;
            }

            var value = whole.Slice(offset, length);
            if (type == ProxyWire.Crc32C)
            {
                if (length != ProxyWire.ChecksumLength || checksumOffset != 0)
                {
                    return ProxyHeaderStatus.Malformed;
                }

                checksumOffset = offset;
            }
            else if (!TryApply(type, value, ref header))
            {
                return ProxyHeaderStatus.Malformed;
            }

            offset += length;
        }

        return checksumOffset == 0 || ChecksumMatches(whole, checksumOffset) ? ProxyHeaderStatus.Complete : ProxyHeaderStatus.ChecksumMismatch;
    }

    private static bool TryApply(byte type, ReadOnlySpan<byte> value, ref ProxyHeader header)
    {
        switch (type)
        {
            case ProxyWire.Authority when header.Authority is null && HostName.TryNormalize(value, out var name):
                header = header with { Authority = name };
                return true;
            case ProxyWire.UniqueId when header.UniqueId is null && IsPrintable(value, ProxyWire.MaxUniqueIdLength):
                header = header with { UniqueId = Encoding.ASCII.GetString(value) };
                return true;
            case ProxyWire.EdgeNode when header.EdgeNode is null && IsPrintable(value, ProxyWire.MaxEdgeNodeLength):
                header = header with { EdgeNode = Encoding.ASCII.GetString(value) };
                return true;
            case ProxyWire.AgentPlatform when header.AgentPlatform is null && IsText(value, ProxyWire.MaxAgentPlatformLength):
                header = header with { AgentPlatform = Encoding.UTF8.GetString(value) };
                return true;
            case ProxyWire.Authority or ProxyWire.UniqueId or ProxyWire.EdgeNode or ProxyWire.AgentPlatform:
                return false;
            default:
                return true;
        }
    }

    internal static bool IsPrintable(ReadOnlySpan<byte> value, int most) =>
        value.Length >= 1 && value.Length <= most && !value.ContainsAnyExcept(ProxyWire.Printable);

    internal static bool IsText(ReadOnlySpan<byte> value, int most) =>
        value.Length >= 1 && value.Length <= most && !value.ContainsAnyInRange((byte)0, (byte)0x1F) && !value.Contains((byte)0x7F) && Utf8.IsValid(value);

    private static bool ChecksumMatches(ReadOnlySpan<byte> whole, int offset)
    {
        Span<byte> copy = stackalloc byte[ProxyHeaderReader.MaxLength];
        copy = copy[..whole.Length];
        whole.CopyTo(copy);
        copy.Slice(offset, ProxyWire.ChecksumLength).Clear();
        return ProxyWire.Checksum(copy) == BinaryPrimitives.ReadUInt32BigEndian(whole[offset..]);
    }
}
