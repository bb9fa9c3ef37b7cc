using System.Net;
using McpTunnel.Protocol.ProxyProtocol;

namespace McpTunnel.UnitTests.Protocol.ProxyProtocol;

internal static class ProxyHeaderSamples
{
    public static ProxyHeader Full { get; } = new()
    {
        Source = IPEndPoint.Parse("192.0.2.1:56324"),
        Destination = IPEndPoint.Parse("198.51.100.7:443"),
        Authority = "docs.acme.tunnel.example.com",
        UniqueId = "edge-1:00f3",
        EdgeNode = "edge-1",
        AgentPlatform = "spiffe://platform.example.net/agent/é",
    };

    public static IReadOnlyList<ProxyHeader> All { get; } =
    [
        Full,
        Full with { Source = IPEndPoint.Parse("[2001:db8::1]:1"), Destination = IPEndPoint.Parse("[2001:db8::2]:65535") },
        Full with { Source = null, Destination = null },
        new ProxyHeader { IsLocal = true, Authority = "probe.acme.tunnel.example.com" },
        new ProxyHeader { IsLocal = true },
        new ProxyHeader { Source = IPEndPoint.Parse("192.0.2.1:56324"), Destination = IPEndPoint.Parse("198.51.100.7:443") },
    ];

    public static byte[] Write(ProxyHeader header, bool checksum = false)
    {
        var bytes = new byte[ProxyHeaderWriter.MaxLength];
        return bytes[..ProxyHeaderWriter.Write(header, bytes, checksum)];
    }

    /// <summary>A header by hand: the parts behind the signature, with the length that they have.</summary>
    public static byte[] Raw(byte command, byte family, byte[] payload) =>
        [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, family, (byte)(payload.Length >> 8), (byte)payload.Length, .. payload];

    public static byte[] Tlv(byte type, ReadOnlySpan<byte> value) => [type, (byte)(value.Length >> 8), (byte)value.Length, .. value];
}
