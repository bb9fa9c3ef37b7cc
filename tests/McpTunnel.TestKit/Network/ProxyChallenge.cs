using System.Buffers.Binary;
using System.Text;

namespace McpTunnel.TestKit.Network;

/// <summary>The proxy's side of Basic (RFC 7617) and of the three messages of NTLM (MS-NLMP), the latter without judging the response's hash.</summary>
internal static class ProxyChallenge
{
    private const int NtlmNegotiate = 1;
    private const int NtlmChallenge = 2;

    // What a current client asks for, and the names: MS-NLMP section 2.2.2.5.
    private const uint NtlmFlags = 0x62898215;

    /// <summary>The header lines of a 407; null when the credentials are good.</summary>
    public static string? Answer(string? authorization, IReadOnlyList<string> challenges, string user, string password)
    {
        var scheme = authorization?.Split(' ')[0];
        var value = authorization?[(scheme!.Length + 1)..];
        switch (scheme)
        {
            case "Basic" when Offers(challenges, "Basic") && Encoding.UTF8.GetString(Convert.FromBase64String(value!)) == $"{user}:{password}":
                return null;
            case "NTLM" when Offers(challenges, "NTLM"):
                var message = Convert.FromBase64String(value!);
                if (BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(8)) == NtlmNegotiate)
                {
                    return $"Proxy-Authenticate: NTLM {Convert.ToBase64String(Challenge())}\r\n";
                }

                return message.AsSpan().IndexOf(Encoding.Unicode.GetBytes(user)) >= 0 ? null : All(challenges);
            default:
                return All(challenges);
        }
    }

    private static bool Offers(IReadOnlyList<string> challenges, string scheme) => challenges.Any(challenge => challenge.Split(' ')[0] == scheme);

    private static string All(IReadOnlyList<string> challenges) => string.Concat(challenges.Select(challenge => $"Proxy-Authenticate: {challenge}\r\n"));

    // CHALLENGE_MESSAGE, MS-NLMP section 2.2.1.2, with the two names that a client needs to answer by version 2.
    private static byte[] Challenge()
    {
        const int Header = 56;
        var domain = Encoding.Unicode.GetBytes("CORP");
        byte[] information = [.. Pair(2, domain), .. Pair(1, domain), 0, 0, 0, 0];
        var message = new byte[Header + domain.Length + information.Length];
        "NTLMSSP\0"u8.CopyTo(message);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(8), NtlmChallenge);
        Field(message, 12, Header, domain);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(20), NtlmFlags);
        "12345678"u8.CopyTo(message.AsSpan(24));
        Field(message, 40, Header + domain.Length, information);
        message[48] = 10;
        message[55] = 15;
        return message;
    }

    private static byte[] Pair(short id, byte[] value)
    {
        var pair = new byte[4 + value.Length];
        BinaryPrimitives.WriteInt16LittleEndian(pair, id);
        BinaryPrimitives.WriteInt16LittleEndian(pair.AsSpan(2), (short)value.Length);
        value.CopyTo(pair, 4);
        return pair;
    }

    private static void Field(byte[] message, int at, int offset, byte[] value)
    {
        BinaryPrimitives.WriteInt16LittleEndian(message.AsSpan(at), (short)value.Length);
        BinaryPrimitives.WriteInt16LittleEndian(message.AsSpan(at + 2), (short)value.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(at + 4), offset);
        value.CopyTo(message, offset);
    }
}
