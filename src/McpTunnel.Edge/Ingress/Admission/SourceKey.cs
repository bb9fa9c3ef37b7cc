using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>
/// Whom a limit on strangers is counted against: an IPv4 address, or an IPv6 /64, since a single host usually owns a whole /64
/// and could take a new address for each connection.
/// </summary>
internal readonly record struct SourceKey(ulong Value, bool IsIPv4)
{
    private const int IPv6Length = 16;
    private const int MappedOffset = 12;

    /// <summary>The network that the source belongs to: an IPv4 /24 or an IPv6 /48, what a site or a provider's customer usually has.</summary>
    public SourceKey Network => IsIPv4 ? this with { Value = Value & ~0xFFUL } : this with { Value = Value & ~0xFFFFUL };

    public static SourceKey Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[IPv6Length];
        address.TryWriteBytes(bytes, out var length);
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && address.IsIPv4MappedToIPv6)
        {
            return new SourceKey(BinaryPrimitives.ReadUInt32BigEndian(bytes[MappedOffset..]), IsIPv4: true);
        }

        return length < IPv6Length
            ? new SourceKey(BinaryPrimitives.ReadUInt32BigEndian(bytes), IsIPv4: true)
            : new SourceKey(BinaryPrimitives.ReadUInt64BigEndian(bytes), IsIPv4: false);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[IPv6Length];
        bytes.Clear();
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Value);
            return new IPAddress(bytes[..sizeof(uint)]).ToString();
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, Value);
        return new IPAddress(bytes) + "/64";
    }
}
