using System.Security.Cryptography;
using System.Text;

namespace McpTunnel.Protocol.Names;

/// <summary>
/// The common form of our own secrets: a prefix that scanners for leaked secrets find, 160 random bits, and a checksum that tells a
/// copying mistake from a wrong secret without asking anybody.
/// </summary>
public static class SecretText
{
    /// <summary>160 bits: beyond guessing, and so a plain SHA-256 is enough to store it by.</summary>
    public const int RandomBytes = 20;

    /// <summary>Base32 digits of the random part.</summary>
    public const int RandomDigits = 32;

    /// <summary>Base32 digits of the checksum: 30 bits of the SHA-256 of what stands before it.</summary>
    public const int CheckDigits = 6;

    /// <summary>Hexadecimal digits of the hash that name a secret to people: 48 bits.</summary>
    public const int FingerprintDigits = 12;

    /// <summary><paramref name="head"/>, the random digits, an underscore and the checksum.</summary>
    public static string Create(string head, ReadOnlySpan<byte> random)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(random.Length, RandomBytes);
        var body = head + Base32.Encode(random);
        return $"{body}_{Check(body)}";
    }

    /// <summary>Whether the text is <paramref name="headLength"/> characters, then random digits, an underscore and the right checksum.</summary>
    public static bool IsValid(ReadOnlySpan<char> text, int headLength)
    {
        var bodyLength = headLength + RandomDigits;
        return text.Length == bodyLength + 1 + CheckDigits
            && text[bodyLength] == '_'
            && Base32.IsEncoded(text[headLength..bodyLength])
            && text[(bodyLength + 1)..].SequenceEqual(Check(text[..bodyLength].ToString()));
    }

    /// <summary>What is stored in place of a secret: SHA-256 of its ASCII text, lower-case hexadecimal.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)));

    private static string Check(string body) => Base32.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(body)))[..CheckDigits];
}
