using System.Buffers;

namespace McpTunnel.Protocol.Names;

/// <summary>
/// RFC 4648 base32 in lower case without padding, for ids and tokens: [a-z2-7], so that they survive DNS names, file names and
/// being read aloud.
/// </summary>
public static class Base32
{
    /// <summary>The digits, in the order of their value.</summary>
    public const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    private const int BitsPerDigit = 5;

    private static readonly SearchValues<char> AllDigits = SearchValues.Create(Alphabet);

    /// <summary>Encodes whole groups of bits; the last digit is filled with zero bits.</summary>
    public static string Encode(ReadOnlySpan<byte> data)
    {
        Span<char> text = new char[((data.Length * 8) + BitsPerDigit - 1) / BitsPerDigit];
        var bits = 0;
        var pending = 0;
        var length = 0;
        foreach (var value in data)
        {
            bits = ((bits << 8) | value) & 0xFFF;
            pending += 8;
            while (pending >= BitsPerDigit)
            {
                pending -= BitsPerDigit;
                text[length++] = Alphabet[(bits >> pending) & 31];
            }
        }

        if (pending > 0)
        {
            text[length++] = Alphabet[(bits << (BitsPerDigit - pending)) & 31];
        }

        return new string(text[..length]);
    }

    /// <summary>Whether every character is a digit.</summary>
    public static bool IsEncoded(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(AllDigits);
}
