using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace McpTunnel.Protocol.ClientHello;

/// <summary>
/// DNS host names as they may stand in SNI: ASCII (internationalized names as A-labels), labels of 1 to 63 letters, digits,
/// hyphens or underscores, 253 characters in all, no final dot (RFC 6066 section 3 forbids it; accepting it would give one server two names).
/// </summary>
public static class HostName
{
    /// <summary>RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters of text.</summary>
    public const int MaxLength = 253;

    /// <summary>RFC 1035 section 2.3.4.</summary>
    public const int MaxLabelLength = 63;

    private static readonly SearchValues<byte> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."u8);

    /// <summary>Whether <paramref name="name"/> is a host name, in any case.</summary>
    public static bool IsValid(ReadOnlySpan<byte> name) =>
        !name.IsEmpty && name.Length <= MaxLength && !name.ContainsAnyExcept(Allowed) && LabelsFit(name);

    /// <summary>Checks <paramref name="name"/> and puts it into lower case; false when it is no host name.</summary>
    public static bool TryNormalize(ReadOnlySpan<byte> name, [NotNullWhen(true)] out string? normalized)
    {
        normalized = null;
        if (!IsValid(name))
        {
            return false;
        }

        Span<byte> lower = stackalloc byte[MaxLength];
        Ascii.ToLower(name, lower, out var written);
        normalized = Encoding.ASCII.GetString(lower[..written]);
        return true;
    }

    private static bool LabelsFit(ReadOnlySpan<byte> name)
    {
        while (true)
        {
            var dot = name.IndexOf((byte)'.');
            var length = dot < 0 ? name.Length : dot;
            if (length is 0 or > MaxLabelLength)
            {
                return false;
            }

            if (dot < 0)
            {
                return true;
            }

            name = name[(dot + 1)..];
        }
    }
}
