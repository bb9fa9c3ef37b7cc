using System.Text;

namespace McpTunnel.Transport.Kestrel;

/// <summary>
/// Reads a <c>Content-Length</c> as RFC 9110 section 8.6 writes it: digits and nothing else, at most 19 of them, as many as a length has that can be counted here. Anything else, a sign for instance,
/// becomes text that is no number, and Kestrel, which would read some of it as one, refuses the request with 400.
/// </summary>
internal sealed class LengthEncoding : Encoding
{
    private const int MaxDigits = 19;
    private const char NoNumber = '?';

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetCharCount(byte[] bytes, int index, int count) => IsLength(bytes.AsSpan(index, count)) ? count : 1;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) => GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetCharCount(ReadOnlySpan<byte> bytes) => IsLength(bytes) ? bytes.Length : 1;

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        if (IsLength(bytes))
        {
            return Latin1.GetChars(bytes, chars);
        }

        chars[0] = NoNumber;
        return 1;
    }

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetMaxCharCount(int byteCount) => Math.Max(byteCount, 1);

    private static bool IsLength(ReadOnlySpan<byte> value) => value.Length is > 0 and <= MaxDigits && !value.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
