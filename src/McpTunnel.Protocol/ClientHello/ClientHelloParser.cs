using System.Text;

namespace McpTunnel.Protocol.ClientHello;

/// <summary>
/// Parses the body of a whole ClientHello. It checks the framing that routing depends on and leaves the rest to the TLS
/// server behind the tunnel, which alone can answer it.
/// </summary>
internal static class ClientHelloParser
{
    /// <summary>Real clients offer two or three; a bound keeps a 64 KiB hello from becoming 30,000 strings.</summary>
    internal const int MaxApplicationProtocols = 32;

    private const int VersionLength = 2;
    private const int RandomLength = 32;
    private const int MaxSessionIdLength = 32;
    private const ushort ServerNameExtension = 0;
    private const ushort ApplicationProtocolsExtension = 16;
    private const byte HostNameType = 0;

    public static ClientHelloStatus Parse(ReadOnlySpan<byte> body, out ClientHelloInfo? info)
    {
        info = null;
        if (!TryParse(body, out var serverName, out var protocols))
        {
            return ClientHelloStatus.Malformed;
        }

        info = new ClientHelloInfo(serverName, protocols);
        return serverName is null ? ClientHelloStatus.NoServerName : ClientHelloStatus.Complete;
    }

    private static bool TryParse(ReadOnlySpan<byte> body, out string? serverName, out IReadOnlyList<string> protocols)
    {
        serverName = null;
        protocols = [];
        var reader = new ByteReader(body);
        if (!reader.TrySkip(VersionLength + RandomLength)
            || !reader.TryReadVector8(out var sessionId) || sessionId.Length > MaxSessionIdLength
            || !reader.TryReadVector16(out var cipherSuites) || cipherSuites.IsEmpty || cipherSuites.Length % 2 != 0
            || !reader.TryReadVector8(out var compressionMethods) || compressionMethods.IsEmpty)
        {
            return false;
        }

        if (reader.IsEmpty)
        {
            // Extensions are optional before TLS 1.3; such a client cannot name a server.
            return true;
        }

        return reader.TryReadVector16(out var extensions) && reader.IsEmpty
            && TryParseExtensions(extensions, ref serverName, ref protocols);
    }

    private static bool TryParseExtensions(ReadOnlySpan<byte> extensions, ref string? serverName, ref IReadOnlyList<string> protocols)
    {
        // One bit for each type: a hello of 16,000 empty extensions is judged in linear time.
        Span<ulong> seen = stackalloc ulong[(ushort.MaxValue + 1) / 64];
        var reader = new ByteReader(extensions);
        while (!reader.IsEmpty)
        {
            if (!reader.TryReadUInt16(out var type) || !reader.TryReadVector16(out var data))
            {
                return false;
            }

            ref var bits = ref seen[type >> 6];
            var bit = 1UL << (type & 63);
            if ((bits & bit) != 0)
            {
                return false;
            }

            bits |= bit;
            var valid = type switch
            {
                ServerNameExtension => TryParseServerName(data, out serverName),
                ApplicationProtocolsExtension => TryParseProtocols(data, out protocols),
                _ => true,
            };
            if (!valid)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>RFC 6066 section 3: a list with at most one name of each type; only the type host_name exists.</summary>
    private static bool TryParseServerName(ReadOnlySpan<byte> data, out string? serverName)
    {
        serverName = null;
        var outer = new ByteReader(data);
        if (!outer.TryReadVector16(out var list) || !outer.IsEmpty || list.IsEmpty)
        {
            return false;
        }

        var reader = new ByteReader(list);
        while (!reader.IsEmpty)
        {
            if (!reader.TryReadByte(out var type) || !reader.TryReadVector16(out var name))
            {
                return false;
            }

            if (type == HostNameType && (serverName is not null || !HostName.TryNormalize(name, out serverName)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryParseProtocols(ReadOnlySpan<byte> data, out IReadOnlyList<string> protocols)
    {
        protocols = [];
        var outer = new ByteReader(data);
        if (!outer.TryReadVector16(out var list) || !outer.IsEmpty || list.IsEmpty)
        {
            return false;
        }

        var names = new List<string>(capacity: 2);
        var count = 0;
        var reader = new ByteReader(list);
        while (!reader.IsEmpty)
        {
            if (!reader.TryReadVector8(out var name) || name.IsEmpty || ++count > MaxApplicationProtocols)
            {
                return false;
            }

            if (!IsGrease(name))
            {
                names.Add(ProtocolName(name));
            }
        }

        protocols = names;
        return true;
    }

    /// <summary>RFC 8701: two equal bytes of the form 0x?A, sent only to keep servers tolerant of what they do not know.</summary>
    private static bool IsGrease(ReadOnlySpan<byte> name) => name.Length == 2 && name[0] == name[1] && (name[0] & 0x0F) == 0x0A;

    private static string ProtocolName(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("h2"u8))
        {
            return "h2";
        }

        return name.SequenceEqual("http/1.1"u8) ? "http/1.1" : Encoding.Latin1.GetString(name);
    }
}
