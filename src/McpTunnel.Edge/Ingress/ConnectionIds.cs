using System.Security.Cryptography;

namespace McpTunnel.Edge.Ingress;

/// <summary>
/// Ids of agent connections, unique per node and, by their random start, over restarts: <c>cn_</c> and 13 characters that sort in
/// the order of arrival. Thread-safe.
/// </summary>
internal static class ConnectionIds
{
    private const string Prefix = "cn_";
    private const string Alphabet = "234567abcdefghijklmnopqrstuvwxyz";
    private const int Characters = 13;
    private const int BitsPerCharacter = 5;

    private static long _last = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue >> 1;

    public static string Next() => string.Create(Prefix.Length + Characters, Interlocked.Increment(ref _last), static (text, number) =>
    {
        Prefix.CopyTo(text);
        for (var i = text.Length - 1; i >= Prefix.Length; i--)
        {
            text[i] = Alphabet[(int)(number & 31)];
            number >>= BitsPerCharacter;
        }
    });
}
