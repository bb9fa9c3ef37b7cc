using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>SHA-256 of a token: what the cache remembers in place of the token.</summary>
internal readonly record struct TokenKey(ulong A, ulong B, ulong C, ulong D)
{
    public static TokenKey Of(string token)
    {
        Span<byte> bytes = stackalloc byte[BearerToken.MaxLength];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..Encoding.ASCII.GetBytes(token, bytes)], hash);
        var words = MemoryMarshal.Cast<byte, ulong>(hash);
        return new TokenKey(words[0], words[1], words[2], words[3]);
    }

    // The words are already as good as random.
    public override int GetHashCode() => (int)A;
}
