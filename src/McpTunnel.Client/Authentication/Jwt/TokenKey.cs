using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>SHA-256 of a token: what the cache remembers in place of the token.</summary>
internal readonly record struct TokenKey(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>Tokens longer than this are hashed from a rented buffer.</summary>
    private const int OnStack = 2048;

    /// <param name="token">ASCII, as every token is.</param>
    public static TokenKey Of(ReadOnlySpan<char> token)
    {
        var rented = token.Length > OnStack ? ArrayPool<byte>.Shared.Rent(token.Length) : null;
        Span<byte> bytes = rented ?? stackalloc byte[OnStack];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..Encoding.ASCII.GetBytes(token, bytes)], hash);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }

        var words = MemoryMarshal.Cast<byte, ulong>(hash);
        return new TokenKey(words[0], words[1], words[2], words[3]);
    }

    // The words are already as good as random.
    public override int GetHashCode() => (int)A;
}
